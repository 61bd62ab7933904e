"""Structured data equals the visible page, to the cent, for every product."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from django.utils.html import escape
from oscar.core.loading import get_model

from commerce.catalogue.product_detail import buy_box_for
from commerce.catalogue.structured_data import breadcrumbs_data, last_day, product_data, script_of
from commerce.index.listings import product_url, sellable_products
from commerce.index.refresh import refresh_listings
from commerce.models import SalePrice
from demo import catalogue, people, pricing
from tests.crawler import Crawled, amounts, offers_of
from tests.factories import make_product, make_user, stockrecord_of

pytestmark = pytest.mark.django_db


def crawl(client, product, **query):
    return Crawled(client.get(product_url(product.pk, product.slug), query))


@pytest.fixture
def demo(shop):
    """The demo shop's catalogue, sale and reviews, with some products sold out."""
    at = timezone.now()
    catalogue.load_categories()
    catalogue.load_products()
    pricing.load_sale(at=at)
    people.load_reviews(people.load_customers(), at=at)
    records = get_model("partner", "StockRecord").objects.order_by("pk")
    sold_out = list(records.values_list("pk", flat=True)[::7])
    records.filter(pk__in=sold_out).update(num_in_stock=0)
    refresh_listings(sellable_products().values_list("pk", flat=True))
    return list(sellable_products())


def check_page(page):
    """Check that the first offer matches the page; return the product's data."""
    data = page.product()
    offer = offers_of(data)[0]
    shown = page.text(".buy-box--page .price")
    assert Decimal(offer["price"]) == amounts(shown)[0], data["name"]
    assert Decimal(page.meta("product:price:amount")) == amounts(shown)[0]
    assert data["name"] == page.text("h1")
    is_gone = page.text(".buy-box--page .stock") == "Sold out"
    assert offer["availability"].endswith("/OutOfStock" if is_gone else "/InStock")
    assert is_gone == ("Add to basket" not in page.text(".buy-box--page"))
    return data


def check_reviews(page, data):
    written = page.texts(".review h3")
    if not written:
        assert "aggregateRating" not in data
        return
    rating = data["aggregateRating"]
    assert f"{rating['ratingValue']} from {rating['reviewCount']} review" in page.text(".stars")
    assert page.text(".reviews__average").startswith(rating["ratingValue"])
    assert [review["name"] for review in data["review"]] == written


def test_every_product_matches_its_page(client, demo):
    rated = reduced = gone = 0
    for product in demo:
        page = crawl(client, product)
        data = check_page(page)
        check_reviews(page, data)
        rated += "aggregateRating" in data
        reduced += "priceValidUntil" in offers_of(data)[0]
        gone += sum(offer["availability"].endswith("OutOfStock") for offer in offers_of(data))

    assert len(demo) == 24
    assert min(rated, reduced, gone) > 0


def test_every_variants_offer_matches_its_own_url(client, demo):
    for product in demo[:6]:
        for offer in offers_of(crawl(client, product).product()):
            page = Crawled(client.get(offer["url"]))
            assert offers_of(check_page(page))[0] == offer


def test_sale_has_an_end_date_and_the_offer_has_the_sale_price(client, vase):
    until = timezone.make_aware(datetime(2099, 3, 2))
    record = stockrecord_of(vase)
    start = timezone.now() - timedelta(days=1)
    SalePrice.objects.create(stockrecord=record, price=Decimal("72.49"), start=start, until=until)

    offer = offers_of(crawl(client, vase).product())[0]

    assert (offer["price"], offer["priceValidUntil"]) == ("72.49", "2099-03-01")
    assert crawl(client, vase).meta("product:price:amount") == "72.49"


def test_end_date_uses_the_shops_time_zone():
    assert last_day(datetime(2026, 7, 5, 22, 59, tzinfo=UTC)) == "2026-07-05"
    assert last_day(datetime(2026, 7, 5, 23, 0, tzinfo=UTC)) == "2026-07-05"  # midnight in London
    assert last_day(datetime(2026, 7, 5, 23, 30, tzinfo=UTC)) == "2026-07-06"


def test_delivery_price_is_that_of_one_unit(client, mug, vase):
    charges = [
        offers_of(crawl(client, product).product())[0]["shippingDetails"]["shippingRate"]
        for product in (mug, vase)
    ]

    assert [(rate["value"], rate["currency"]) for rate in charges] == [
        ("4.50", "GBP"), ("0.00", "GBP"),
    ]  # fmt: skip


def test_shop_without_delivery_or_returns_states_neither(client, vase):
    get_model("address", "Country").objects.all().delete()

    offer = offers_of(crawl(client, vase).product())[0]

    assert "shippingDetails" not in offer
    assert "hasMerchantReturnPolicy" not in offer


def test_product_without_a_price_has_no_offer(client, vase):
    vase.stockrecords.update(price=None)

    assert "offers" not in crawl(client, vase).product()


def test_selected_variants_offer_comes_first(client, mug):
    slate = mug.children.order_by("pk").last()

    offers = offers_of(crawl(client, mug, variant=slate.pk).product())

    assert [offer["name"] for offer in offers] == ["Harbour mug, Slate", "Harbour mug, Oat"]
    assert offers[0]["sku"] == f"SKU-{slate.pk}"


def test_rating_is_rounded_as_on_the_page(client, vase):
    for n, score in enumerate((5, 4, 4, 4)):  # 4.25
        vase.reviews.create(
            score=score, title=f"R{n}", body="Good.", user=make_user(f"r{n}@example.com"), status=1
        )
    vase.reviews.create(score=1, title="Spam", body="x", name="x", status=0)
    vase.update_rating()

    page = crawl(client, vase)
    data = page.product()

    check_reviews(page, data)
    assert (data["aggregateRating"]["ratingValue"], data["aggregateRating"]["reviewCount"]) == (
        "4.3", 4,
    )  # fmt: skip


def test_review_filter_applies_to_the_data_too(client, vase):
    for score in (5, 2):
        user = make_user(f"r{score}@example.com")
        vase.reviews.create(score=score, title=f"R{score}", body="x", user=user, status=1)

    page = crawl(client, vase, stars=2)

    check_reviews(page, page.product())
    assert len(page.product()["review"]) == 1


def test_text_cannot_end_the_script_element(client, shop):
    evil = "</script><script>alert(1)</script><!-- & \u2028"
    product = make_product(f"Cup {evil}", price="10.00")
    product.description = f"<p>One.</p><p>Two &amp; {escape(evil)}</p>"
    product.save()

    response = client.get(product_url(product.pk, product.slug))
    data = Crawled(response).product()

    assert "<script>alert" not in response.content.decode()
    assert data["name"] == f"Cup {evil}"
    assert data["description"].startswith("One. Two & ")


def test_data_block_escapes_all_markup_characters():
    text = str(script_of({"name": "<b>&\u2028\u2029"}))

    assert text.count("<") == 2  # the element's own
    assert json.loads(text.split(">", 1)[1].rsplit("<", 1)[0])["name"] == "<b>&\u2028\u2029"


def test_breadcrumbs_match_the_page(client, mug):
    category = get_model("catalogue", "Category").add_root(name="Table & <home>")
    mug.productcategory_set.create(category=category)

    page = crawl(client, mug)
    entries = page.only("BreadcrumbList")["itemListElement"]

    assert [entry["name"] for entry in entries] == page.texts(".crumbs li")
    assert [entry.get("item") for entry in entries] == [
        "http://testserver/", f"http://testserver{category.get_absolute_url()}", None,
    ]  # fmt: skip
    assert [entry["position"] for entry in entries] == [1, 2, 3]


def test_breadcrumb_to_another_host_is_unchanged():
    data = breadcrumbs_data([("There", "https://example.com/")])

    assert data["itemListElement"][0]["item"] == "https://example.com/"


def test_data_needs_no_query_beyond_the_buy_box(mug, django_assert_num_queries):
    box = buy_box_for(mug)

    with django_assert_num_queries(0):
        product_data(box, description="x", returns_url="/returns/")


def test_fragment_for_scripts_contains_no_data(client, mug):
    url = product_url(mug.pk, mug.slug)

    part = client.get(url, headers={"X-Requested-With": "XMLHttpRequest"})

    assert "ld+json" not in part.content.decode()
