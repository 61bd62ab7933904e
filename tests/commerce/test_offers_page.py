"""The offers page: products on sale now, and offers for several products."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.catalogue.list_rules import ON_SALE
from commerce.catalogue.product_lists import products_in
from commerce.models import FacetAttribute, SalePrice
from tests.clock import at_time
from tests.factories import make_product, stockrecord_of

pytestmark = pytest.mark.django_db


def put_on_sale(product, price, *, start=timedelta(hours=-1), until=timedelta(days=1)):
    now = timezone.now()
    SalePrice.objects.create(
        stockrecord=stockrecord_of(product), price=Decimal(price),
        start=now + start, until=now + until,
    )  # fmt: skip


@pytest.fixture
def two_glaze_cup(db):
    cup = make_product("Cup", price="20.00", glazes={"oat": 9, "ember": 9})
    ember = cup.children.get(title__iendswith="ember")
    put_on_sale(ember, "15.00")
    attribute = cup.product_class.attributes.get(code="glaze")
    FacetAttribute.objects.get_or_create(attribute=attribute)
    return cup


def test_list_contains_only_products_on_sale_now(client, site_root):
    bowl, _vase = make_product("Bowl", price="30.00"), make_product("Vase", price="60.00")
    jug = make_product("Jug", price="50.00")
    put_on_sale(bowl, "24.00")
    put_on_sale(jug, "40.00", start=timedelta(days=1), until=timedelta(days=2))

    html = client.get("/offers/").content.decode()

    assert "Bowl" in html
    assert "£24" in html
    assert "Vase" not in html
    assert "Jug" not in html
    assert at_time(timezone.now() + timedelta(days=1.5), products_in, rule=ON_SALE).cards[
        0
    ].title == ("Jug")


def test_card_shows_the_variant_on_sale(two_glaze_cup):
    ember = two_glaze_cup.children.get(title__iendswith="ember")

    page = products_in(rule=ON_SALE)

    assert page.cards[0].quote.price == Decimal("15.00")
    assert page.cards[0].url.endswith(f"?variant={ember.pk}")
    assert page.facet("sale") is None
    assert products_in(rule=ON_SALE, filters={"glaze": ["oat"]}).cards == []


def test_list_has_filters_and_a_way_out_if_nothing_matches(client, site_root):
    bowl, jug = make_product("Bowl", price="30.00"), make_product("Jug", price="150.00")
    put_on_sale(bowl, "24.00")
    put_on_sale(jug, "120.00")

    dear = client.get("/offers/?price=100").content.decode()
    none = client.get("/offers/?price=100&stock=in-stock&q=bowl").content.decode()

    assert "Jug" in dear
    assert "Bowl" not in dear
    assert "No matches" in none
    assert "Clear all filters" in none


def test_empty_list_says_so_and_links_to_all_products(client, site_root):
    make_product("Bowl", price="30.00")

    html = client.get("/offers/").content.decode()

    assert "No offers at the moment" in html
    assert 'href="/catalogue/"' in html
    assert "live-filters" not in html


def test_current_offers_are_shown_above_the_list(client, site_root):
    ConditionalOffer, Condition, Benefit, Range = (
        get_model("offer", name) for name in ("ConditionalOffer", "Condition", "Benefit", "Range")
    )
    everything = Range.objects.create(name="All", includes_all_products=True)
    now = timezone.now()
    for name, start in (("Four for three", None), ("Tomorrow", now + timedelta(days=1))):
        ConditionalOffer.objects.create(
            name=name, start_datetime=start,
            condition=Condition.objects.create(range=everything, type="Count", value=4),
            benefit=Benefit.objects.create(range=everything, type="Percentage", value=25),
        )  # fmt: skip

    html = client.get("/offers/").content.decode()

    assert "Four for three" in html
    assert "Tomorrow" not in html
