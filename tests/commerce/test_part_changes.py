"""No fragment is stale: after any kind of change each page equals the page of a new process.

Fragments are invalidated with the data that they show. This test caches the demo shop's pages,
changes something, and compares each page with the uncached page. Every change must be visible on
some page; otherwise the comparison would prove nothing.
"""

from datetime import timedelta
from decimal import Decimal
from difflib import unified_diff
from itertools import islice

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.catalogue.collections import collection_url
from commerce.index.listings import product_url
from commerce.models import DeliveryMethod, ProductCollection, SalePrice
from commerce.order_statuses import CANCELLED, PAID, PENDING
from commerce.orders.pipeline import set_status
from commerce.orders.reservations import reserve_stock
from home.models import LandingPage, ProductStory, SiteSettings
from tests import factories
from tests.caching import forget

# Nothing is cached inside a transaction.
pytestmark = pytest.mark.django_db(transaction=True)

Product = get_model("catalogue", "Product")
StockRecord = get_model("partner", "StockRecord")


def family(name="harbour-mug"):
    """A product of the demo shop with variants, by its slug."""
    return Product.objects.get(slug=name, structure="parent")


def record(name="harbour-mug"):
    """The stock record of the product's first variant."""
    return StockRecord.objects.filter(product__parent=family(name)).order_by("pk").first()


def change_price():
    row = record()
    row.price = Decimal("3.10")
    row.save()


def begin_sale():
    SalePrice.objects.create(
        stockrecord=record("serving-bowl"),
        price=Decimal("2.50"),
        start=timezone.now() - timedelta(hours=1),
        until=timezone.now() + timedelta(days=2),
    )


def end_sale():
    SalePrice.objects.filter(price=Decimal("2.50")).delete()


def leave_three():
    row = record()
    row.num_in_stock = row.num_allocated + 3
    row.save()


def order_one():
    """Order one unit without using the model, as placing an order does."""
    reserve_stock({record().pk: 1})


def sell_out_a_glaze():
    row = record()
    row.num_in_stock = row.num_allocated
    row.save()


def sell_out():
    for row in StockRecord.objects.filter(product__parent=family("quay-jug")):
        row.num_in_stock = row.num_allocated
        row.save()


def restock():
    for row in StockRecord.objects.filter(product__parent=family("quay-jug")):
        row.num_in_stock = 20
        row.save()


def take_a_record_away():
    record("serving-bowl").delete()


def rename_product():
    product = family()
    product.title = "Tall mug"
    product.save()


def describe_it():
    product = family()
    product.description = "<p>Thrown, trimmed, and fired twice.</p>"
    product.save()


def measure_it():
    product = family()
    product.attr.height = 11.5
    product.save()


def rename_glaze():
    option = get_model("catalogue", "AttributeOption").objects.get(option="Slate")
    option.option = "Wet slate"
    option.save()


def take_a_photo_away():
    family().images.first().delete()


def review_it():
    get_model("reviews", "ProductReview").objects.create(
        product=family(),
        user=factories.make_user("grace@example.com"),
        title="Warm hands",
        body="It keeps tea hot for as long as I read.",
        score=2,
        status=1,
    )


def vote_for_it():
    review = get_model("reviews", "ProductReview").objects.get(title="Warm hands")
    get_model("reviews", "Vote").objects.create(
        review=review, user=factories.make_user("alan@example.com"), delta=1
    )


def buy_it():
    """Let the review's author buy the product: place the order, then pay."""
    mug = family().children.order_by("pk").first()
    buyer = get_model("reviews", "ProductReview").objects.get(title="Warm hands").user
    order = factories.make_order(mug, user=buyer, status=PENDING)
    with transaction.atomic():
        set_status(order, PAID)


def cancel_it():
    order = get_model("order", "Order").objects.get(user__email="grace@example.com")
    with transaction.atomic():
        set_status(order, CANCELLED)


def take_prices_away():
    for row in StockRecord.objects.filter(product__parent=family("serving-bowl")):
        row.price = None
        row.save()


def recommend_another():
    get_model("catalogue", "ProductRecommendation").objects.create(
        primary=family(), recommendation=family("quay-jug"), ranking=99
    )


def rename_category():
    category = family().get_categories().first()
    category.name = "For tea and coffee"
    category.save()


def move_it():
    for row in get_model("catalogue", "ProductCategory").objects.filter(
        product=family("serving-bowl")
    ):
        row.delete()
    factories.put_category(family("serving-bowl"), "Found on the shore")


def offer_it():
    factories.make_offer("A week for friends", benefit=("Percentage", 15))


def withdraw_offer():
    get_model("offer", "ConditionalOffer").objects.get(name="A week for friends").suspend()


def hide_it():
    product = family("quay-jug")
    product.is_public = False
    product.save()


def delete_a_glaze():
    family().children.order_by("pk").last().delete()


def tell_its_story():
    story = ProductStory.objects.filter(live=True).first()
    story.live = False
    story.save()


def edit_page():
    page = LandingPage.objects.live().public().order_by("pk").first()
    page.title = "What the tide left"
    page.save_revision().publish()


def price_delivery():
    method = DeliveryMethod.objects.get(code="standard")
    method.price = Decimal("6.66")
    method.save()


def promise_returns():
    for row in SiteSettings.objects.all():
        row.returns_text = "Sixty days, no questions"
        row.save()


#: In this order; some changes build on earlier ones.
CHANGES = [
    change_price, begin_sale, end_sale, leave_three, order_one, sell_out_a_glaze, sell_out, restock,
    take_a_record_away, rename_product, describe_it, measure_it, rename_glaze, take_a_photo_away,
    review_it, vote_for_it, buy_it, cancel_it, take_prices_away, recommend_another, rename_category, move_it, offer_it, withdraw_offer,
    tell_its_story, edit_page, price_delivery, promise_returns, delete_a_glaze, sell_out, hide_it,
]  # fmt: skip


def addresses():
    """URLs of every kind of page, for changed products and others."""
    products = [family(name) for name in ("harbour-mug", "quay-jug", "serving-bowl")]
    pages = ["/", "/catalogue/", "/catalogue/?glaze=slate&sort=price-low", "/offers/"]
    pages += [product_url(product.pk, product.slug) for product in products]
    glaze = products[0].children.order_by("pk")[1]
    pages += [f"{pages[-3]}?variant={glaze.pk}", f"{pages[-3]}?stars=2"]
    pages += [page.get_url() for page in LandingPage.objects.live().public()[:4]]
    categories = {of for product in products for of in product.get_categories().all()}
    pages += [
        f"{of.get_absolute_url()}{more}" for of in categories for more in ("", "?stock=in-stock")
    ]
    pages += [collection_url(one) for one in ProductCollection.objects.filter(is_public=True)[:2]]
    return [*pages, "/search/?q=mug", "/search/suggest/?q=mu", "/compare/?ids=1,2"]


def shown(client, pages):
    """``{URL: response text}``, following redirects."""
    answers = {}
    for page in pages:
        response = client.get(page)
        answers[page] = response.status_code, response.get("Location"), response.content.decode()
    return answers


def difference(after, anew, page):
    """The first lines in which two responses differ."""
    lines = unified_diff(
        str(after[page][-1]).splitlines(), str(anew[page][-1]).splitlines(), lineterm="", n=0
    )
    return "\n".join(line[:300] for line in islice(lines, 10))


@pytest.mark.slow
def test_after_each_change_every_page_equals_that_of_a_new_process(site_root, client, process):
    call_command("load_demo", "--no-renditions", "-v0")
    factories.pretend_rendered()
    pages = addresses()
    anew = shown(client, pages)

    for change in CHANGES:
        before = anew  # These requests also filled the cache.
        change()
        after = shown(client, pages)
        forget()
        anew = shown(client, pages)

        old = [page for page in pages if after[page] != anew[page]]
        assert not old, (
            f"{change.__name__} leaves these old: {old} {difference(after, anew, old[0])}"
        )
        assert after != before, f"{change.__name__} is seen nowhere"
