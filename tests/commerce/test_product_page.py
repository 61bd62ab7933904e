"""The buy box: which glaze is shown, what it costs, whether it can be bought."""

from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from commerce.catalogue.product_detail import buy_box_for, buy_boxes_for, select_variant
from commerce.images.photos import sync_photo
from commerce.index.refresh import rebuild_listings
from tests.factories import make_product, stockrecord_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def jug(shop):
    """A jug of which the first glaze is sold out, and the last is dearer."""
    jug = make_product("Jug", price="40.00", glazes={"oat": 0, "slate": 8, "ink": 2})
    dear = stockrecord_of(jug.children.order_by("pk").last())
    dear.price = Decimal("46.00")
    dear.save()
    return jug


def test_first_glaze_in_stock_is_chosen(jug):
    box = buy_box_for(jug)

    assert (box.selected.name, box.stock_text, box.quote.price) == (
        "Slate", "8 in stock", Decimal("40.00"),
    )  # fmt: skip
    assert (box.is_from, box.has_choice, box.can_be_bought) == (True, True, True)


def test_asked_glaze_brings_its_price_and_stock(jug):
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


def test_sold_out_glaze_can_be_looked_at_and_not_bought(jug):
    box = buy_box_for(jug, selected=jug.children.order_by("pk").first().pk)

    assert (box.selected.name, box.stock_text, box.can_be_bought) == ("Oat", "Sold out", False)


def test_glaze_of_another_piece_is_ignored(jug, vase):
    assert buy_box_for(jug, selected=vase.pk).selected.name == "Slate"


def test_piece_in_one_glaze_offers_no_choice(vase):
    box = buy_box_for(vase)

    assert (box.has_choice, box.can_be_bought) == (False, True)
    assert box.selected.url == box.url


def test_piece_without_a_price_cannot_be_bought(vase):
    vase.stockrecords.update(price=None)

    box = buy_box_for(vase)

    assert (box.quote, box.can_be_bought) == (None, False)


def test_piece_without_a_stock_record_is_sold_out(vase):
    vase.stockrecords.all().delete()

    box = buy_box_for(vase)

    assert (box.selected, box.availability, box.can_be_bought) == (None, "sold_out", False)


def test_hidden_piece_has_no_box(jug, vase):
    vase.is_public = False
    vase.save()

    assert list(buy_boxes_for([jug.pk, vase.pk])) == [jug.pk]


def test_box_says_when_it_arrives(vase):
    box = buy_box_for(vase)

    assert box.delivery.code == "standard"
    assert box.arrival.first <= box.arrival.last


def add_photo(product, number):
    """One more photograph of a product, in a colour of its own."""
    content = BytesIO()
    Image.new("RGB", (60, 60), (40 * number, 90, 120)).save(content, "PNG")
    row = product.images.create(
        original=ContentFile(content.getvalue(), f"photo-{number}.png"), display_order=number
    )
    return sync_photo(row)


def test_every_photograph_of_a_variant_is_shown_where_it_is_chosen(site_root, mug):
    oat, slate = mug.children.order_by("pk")
    own = [add_photo(oat, number) for number in (1, 2)]
    other = [add_photo(slate, number) for number in (3, 4)]
    rebuild_listings()

    photos = [photo.pk for photo in buy_box_for(mug, selected=slate.pk).photos]

    assert photos[:2] == [photo.pk for photo in other]
    assert own[0].pk in photos
    assert own[1].pk not in photos
