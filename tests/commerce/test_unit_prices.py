"""Unit prices beside prices: on cards, in the comparison, in the basket, and in the feed."""

from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from commerce.catalogue.feed import feed_parts
from commerce.index.listings import cards_for
from commerce.index.refresh import broken_listings
from commerce.models import ProductDetails
from commerce.pricing.unit_prices import unit_price
from commerce.shop_settings.current import current_shop
from commerce.stock.selling import Selling
from tests.crawler import Crawled
from tests.factories import make_product, make_variants, set_shop, stockrecord_of, variant_of
from tests.shopper import put_in_basket

pytestmark = pytest.mark.django_db
G = "{http://base.google.com/ns/1.0}"


@pytest.fixture
def oil(shop):
    """Oil at £9.00 in bottles of 750 ml."""
    product = make_product("Oil", price="9.00", stock=9)
    contain(product, "750", "ml")
    return product


@pytest.fixture
def tea(shop):
    """Tea at £5.00 for 100 g and £16.00 for 500 g."""
    product = make_variants("Tea", {"Pack": ["Small", "Large"]})
    for label, price, grams in (("Small", "5.00", "100"), ("Large", "16.00", "500")):
        variant = variant_of(product, label)
        record = stockrecord_of(variant)
        record.price = Decimal(price)
        record.save()
        contain(variant, grams, "g")
    return product


def contain(product, content, unit):
    """Give a product or variant a content."""
    ProductDetails.objects.create(product=product, content=Decimal(content), content_unit=unit)


@pytest.mark.parametrize(("country", "shown"), [("DE", ("10.00", "l")), ("GB", ("1.00", "100 ml"))])
def test_small_reference_amount_follows_the_countrys_law(country, shown):
    selling = Selling(content=Decimal(200), content_unit="ml")

    found = unit_price(Decimal("2.00"), "EUR", selling, country=country)

    assert (str(found.price), found.per) == shown


def test_shops_country_decides(client, tea):
    set_shop(country_id="DE")

    assert "£50 per kg" in Crawled(client.get(tea.get_absolute_url())).text(".buy-box--page")


def test_cards_show_the_unit_price_of_the_price_they_show(client, oil, tea):
    page = Crawled(client.get("/catalogue/"))

    prices = set(page.texts(".card .price__unit"))
    assert prices == {"£12 per l", "£5 per 100 g"}
    found = Crawled(client.get(reverse("search:search"), {"q": "oil"}))
    assert found.texts(".card .price__unit") == ["£12 per l"]


def test_card_of_a_variant_has_its_unit_price_and_needs_no_more_queries(
    oil, tea, vase, mug, django_assert_num_queries
):
    current_shop()  # read once in a transaction
    with CaptureQueriesContext(connection) as without_content:
        assert not any(card.unit_price for card in cards_for([vase.pk, mug.pk]))
    with django_assert_num_queries(len(without_content)):
        cards = cards_for([oil.pk, tea.pk])
    assert [(str(card.unit_price.price), card.unit_price.per) for card in cards] == [
        ("12.00", "l"), ("5.00", "100 g"),
    ]  # fmt: skip

    [card] = cards_for([tea.pk], variants={tea.pk: {2}})

    assert (str(card.unit_price.price), card.unit_price.per) == ("32.00", "kg")


def test_variants_of_one_price_and_two_contents_have_unit_prices_of_their_own(tea):
    for record in (stockrecord_of(variant) for variant in tea.children.all()):
        record.price = Decimal("5.00")
        record.save()

    [card] = cards_for([tea.pk], variants={tea.pk: {2}})

    assert (str(card.unit_price.price), card.unit_price.per) == ("10.00", "kg")
    assert list(broken_listings()) == []


def test_card_follows_a_changed_content(client, oil):
    assert "£12 per l" in client.get("/catalogue/").content.decode()
    details = ProductDetails.objects.get(product=oil)
    details.content = Decimal(900)
    details.save()

    assert "£10 per l" in client.get("/catalogue/").content.decode()


def test_comparison_and_basket_show_unit_prices(client, oil, tea):
    page = Crawled(client.get(reverse("compare"), {"ids": f"{oil.pk},{tea.pk}"}))
    assert page.texts(".compare .price__unit") == ["£12 per l", "£5 per 100 g"]

    put_in_basket(client, oil)

    page = Crawled(client.get(reverse("basket:summary")))
    assert page.texts(".basket-line .price__unit") == ["£12 per l"]


def test_feed_has_what_unit_prices_refer_to(oil, tea):
    root = ElementTree.fromstring("".join(feed_parts()))  # noqa: S314  our own

    found = {
        (
            item.find(f"{G}unit_pricing_measure").text,
            item.find(f"{G}unit_pricing_base_measure").text,
        )
        for item in root.iter("item")
    }
    assert found == {("750 ml", "1 l"), ("100 g", "100 g"), ("500 g", "1 kg")}
