"""The buy box: selected variant, price, and availability."""

from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from commerce.catalogue.product_detail import buy_box_for, buy_boxes_for, select_variant
from commerce.images.photos import sync_photo
from commerce.index.refresh import rebuild_listings
from tests.crawler import Crawled
from tests.factories import make_offer, make_product, set_shop, stockrecord_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def jug(shop):
    """A jug whose first variant is sold out and whose last is more expensive."""
    jug = make_product("Jug", price="40.00", glazes={"oat": 0, "slate": 8, "ink": 2})
    dear = stockrecord_of(jug.children.order_by("pk").last())
    dear.price = Decimal("46.00")
    dear.save()
    return jug


def test_first_variant_in_stock_is_selected(jug):
    box = buy_box_for(jug)

    assert (box.selected.name, box.stock_text, box.quote.price) == (
        "Slate", "8 in stock", Decimal("40.00"),
    )  # fmt: skip
    assert (box.is_from, box.has_choice, box.can_be_bought) == (True, True, True)


def test_requested_variant_shows_its_price_and_stock(jug):
    ink = jug.children.order_by("pk").last()

    box = buy_box_for(jug, selected=ink.pk)

    assert (box.selected.product_id, box.quote.price) == (ink.pk, Decimal("46.00"))
    assert (box.availability, box.stock_text) == ("low", "Only 2 left")
    assert [variant.is_selected for variant in box.variants] == [False, False, True]
    assert box.selected.url == f"{box.url}?variant={ink.pk}"


def test_selecting_a_variant_leaves_the_box_unchanged(jug):
    box = buy_box_for(jug)
    before, ink = vars(box).copy(), jug.children.order_by("pk").last()

    assert select_variant(box, ink.pk).selected.product_id == ink.pk
    assert vars(box) == before


def test_sold_out_variant_can_be_viewed_but_not_bought(jug):
    box = buy_box_for(jug, selected=jug.children.order_by("pk").first().pk)

    assert (box.selected.name, box.stock_text, box.can_be_bought) == ("Oat", "Sold out", False)


def test_variant_of_another_product_is_ignored(jug, vase):
    assert buy_box_for(jug, selected=vase.pk).selected.name == "Slate"


def test_product_with_one_variant_offers_no_choice(vase):
    box = buy_box_for(vase)

    assert (box.has_choice, box.can_be_bought) == (False, True)
    assert box.selected.url == box.url


def test_product_without_a_price_cannot_be_bought(vase):
    vase.stockrecords.update(price=None)

    box = buy_box_for(vase)

    assert (box.quote, box.can_be_bought) == (None, False)


def test_product_without_a_stock_record_is_sold_out(vase):
    vase.stockrecords.all().delete()

    box = buy_box_for(vase)

    assert (box.selected, box.availability, box.can_be_bought) == (None, "sold_out", False)


def test_hidden_product_has_no_buy_box(jug, vase):
    vase.is_public = False
    vase.save()

    assert list(buy_boxes_for([jug.pk, vase.pk])) == [jug.pk]


def test_box_shows_the_arrival_date(vase):
    box = buy_box_for(vase)

    assert box.selected.delivery.code == "standard"
    assert box.selected.arrival.first <= box.selected.arrival.last


def test_facts_are_those_of_the_selected_variant(client, jug):
    """An e-book has no paper, and a large print has other measures than a small one."""
    oat, slate, ink = jug.children.order_by("pk")
    jug.product_class.attributes.create(code="finish", name="Finish", type="text")
    for product, finish in ((jug, "Satin"), (ink, "Matt")):
        product.attr.finish = finish
        product.save()
    set_shop(
        facts_label="At a glance", facts=[("fact", {"attribute": "finish", "text": "{value}"})]
    )

    def facts(variant):
        page = client.get(jug.get_absolute_url(), {"variant": variant.pk})
        return Crawled(page).text(".buy-box .facts")

    assert "At a glance Satin" in facts(slate)
    assert "At a glance Matt" in facts(ink)


def test_offer_needs_no_query_for_each_variant(shop, django_assert_num_queries):
    few = make_product("Cup", price="9.00", glazes={"oat": 3})
    many = make_product("Bowl", price="9.00", glazes=dict.fromkeys(("oat", "slate", "ink"), 3))
    make_offer()

    with CaptureQueriesContext(connection) as queries:
        box = buy_box_for(few)
    assert box.quote.is_reduced
    with django_assert_num_queries(len(queries)):
        assert len(buy_box_for(many).variants) == 3


def add_photo(product, number):
    """Add a photograph in a unique colour."""
    content = BytesIO()
    Image.new("RGB", (60, 60), (40 * number, 90, 120)).save(content, "PNG")
    row = product.images.create(
        original=ContentFile(content.getvalue(), f"photo-{number}.png"), display_order=number
    )
    return sync_photo(row)


def test_selected_variant_shows_all_its_photographs(site_root, mug):
    oat, slate = mug.children.order_by("pk")
    own = [add_photo(oat, number) for number in (1, 2)]
    other = [add_photo(slate, number) for number in (3, 4)]
    rebuild_listings()

    photos = [photo.pk for photo in buy_box_for(mug, selected=slate.pk).photos]

    assert photos[:2] == [photo.pk for photo in other]
    assert own[0].pk in photos
    assert own[1].pk not in photos
