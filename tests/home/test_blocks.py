"""Pages stay intact when the products in their blocks are sold out, deleted or moved."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags
from oscar.core.loading import get_model

from commerce.models import ProductCollection, SalePrice
from home.blocks.body import BodyBlock
from home.models import Banner, LandingPage
from tests.factories import make_product, stockrecord_of
from tests.home import bodies

pytestmark = pytest.mark.django_db
Category = get_model("catalogue", "Category")


@pytest.fixture
def category(db):
    return Category.add_root(name="Tableware")


@pytest.fixture
def full(publish, photo, mug, category, about):
    """A page with every block; those with a product show the mug."""
    shared = Banner.objects.create(heading="Until Sunday")
    everything = ProductCollection.objects.create(title="All our work", slug="all")
    return publish(
        body=bodies.every_block(
            photo, product=mug.pk, category=category.pk, page=about.pk, banner_id=shared.pk,
            collection_id=everything.pk,
        )
    )  # fmt: skip


def sell_out(mug):
    get_model("partner", "StockRecord").objects.update(num_in_stock=0)


def hide(mug):
    mug.is_public = False
    mug.save()


def delete(mug):
    mug.delete()


def text_of(client, page):
    response = client.get(page.url)
    assert response.status_code == 200
    return response.content.decode()


def test_every_block_is_tested(full):
    assert {row["type"] for row in full.body.raw_data} == set(BodyBlock().child_blocks)


def test_every_block_is_shown(client, full):
    text = text_of(client, full)

    for part in ("The table", "From the estuary.", "Fired on Thursdays.", "One kiln", "Hands", "It pours.", "Add to basket",
                 "From the kiln", "All our work", "Rooms", "Tableware", "About us", "Until Sunday"):  # fmt: skip
        assert part in text, part


def test_no_block_is_rendered_empty(full, rf):
    rendered = {
        child.block_type: strip_tags(child.render({"request": rf.get("/")})).strip()
        for child in full.body
        if child.block_type != "image"  # Without a caption it has no text.
    }

    assert {kind for kind, text in rendered.items() if not text} == set()


def test_block_stored_before_layouts_has_the_usual_one(full, rf):
    rendered = {child.block_type: child.render({"request": rf.get("/")}) for child in full.body}

    for kind, name in (
        ("hero", "hero--full"),
        ("feature", "feature--half"),
        ("category_teaser", "tiles--row"),
    ):
        assert name in rendered[kind], kind
    assert "band--accent" not in rendered["quote"] + rendered["statement"]
    assert not re.search("cards--(lead|scroll)", rendered["product_row"])


@pytest.mark.parametrize(
    ("kind", "setting", "name"),
    [
        ("hero", {"layout": "split"}, "hero--split"),
        ("hero", {"layout": "short"}, "hero--short"),
        ("feature", {"layout": "bleed"}, "feature--bleed"),
        ("feature", {"layout": "tall"}, "feature--tall"),
        ("category_teaser", {"layout": "lead"}, "tiles--lead"),
        ("category_teaser", {"layout": "tall"}, "tiles--tall"),
        ("product_row", {"layout": "scroll"}, "cards--scroll"),
        ("image", {"width": "full"}, "figure-full"),
        ("quote", {"ground": "accent"}, "band--accent"),
        ("statement", {"ground": "accent"}, "band--accent"),
    ],
)
def test_editor_chooses_a_layout(full, rf, kind, setting, name):
    [child] = [child for child in full.body if child.block_type == kind]

    child.value.update(setting)

    assert name in child.render({"request": rf.get("/")})


def test_first_of_a_row_is_large_only_beside_others(publish, client, shop):
    first, *others = [make_product(f"Bowl {n}", price="9.00") for n in range(3)]
    large, alone = bodies.row(first.pk, *(one.pk for one in others)), bodies.row(first.pk)
    for row in (large, alone):
        row["value"]["layout"] = "lead"

    text = text_of(client, publish(body=[large, alone]))

    assert text.count("cards--lead") == 1


@pytest.mark.parametrize("happens", [sell_out, hide, delete])
def test_page_survives_changes_to_its_product(client, full, mug, happens):
    happens(mug)

    text = text_of(client, full)

    assert "The table" in text
    assert "Until Sunday" in text
    assert "Add to basket" not in text
    assert ("Harbour mug" in text) is (happens is sell_out)


@pytest.mark.parametrize("happens", [hide, delete])
def test_link_to_a_removed_product_is_left_out(client, publish, photo, mug, happens):
    page = publish(body=[bodies.feature(photo, product=mug.pk)])
    assert f"_{mug.pk}/" in text_of(client, page)
    pk = mug.pk
    happens(mug)

    text = text_of(client, page)

    assert f"_{pk}/" not in text
    assert "One kiln" in text


def test_tiles_with_removed_targets_are_left_out(client, full, category, about):
    Category.objects.filter(pk=category.pk).update(is_public=False)
    about.unpublish()

    assert "Tableware" not in text_of(client, full)


def test_tile_of_a_category_below_a_hidden_one_is_left_out(client, full, category):
    """Regression: it led to a page that does not exist."""
    above = Category.add_root(name="Archive")
    category.move(above, "first-child")
    assert "Tableware" in text_of(client, full)  # control

    above = Category.objects.get(pk=above.pk)
    above.is_public = False
    above.save()

    assert "Tableware" not in text_of(client, full)


def test_link_to_a_category_below_a_hidden_one_is_left_out(client, publish, photo):
    hidden = Category.add_root(name="Archive", is_public=False)
    below = hidden.add_child(name="Bowls")
    page = publish(body=[bodies.feature(photo, category=below.pk)])

    assert below.get_absolute_url() not in text_of(client, page)


def test_deleted_photograph_does_not_break_the_page(client, full, photo):
    photo.delete()

    assert "From the estuary." in text_of(client, full)


@pytest.mark.parametrize(
    ("rule", "order"),
    [("last", ["Cup", "Vase"]), ("hide", ["Cup"]), ("keep", ["Vase", "Cup"])],
)
def test_sold_out_products_follow_the_editors_rule(client, publish, shop, rule, order):
    gone, there = make_product("Vase", price="90.00", stock=0), make_product("Cup", price="18.00")
    page = publish(body=[bodies.row(gone.pk, there.pk, when_sold_out=rule)])

    cards = client.get(page.url).content.decode().split("From the kiln")[1]
    found = sorted((title for title in ("Vase", "Cup") if f">{title}<" in cards), key=cards.index)

    assert found == order


def test_new_price_is_shown_by_the_next_request(client, publish, vase):
    page = publish(body=[bodies.row(vase.pk), bodies.buy(vase.pk)])
    assert "£90" in text_of(client, page)
    record = stockrecord_of(vase)
    record.price = Decimal("95.00")
    record.save()

    text = text_of(client, page)

    assert "£95" in text
    assert "£90" not in text


def test_sale_is_shown_with_the_price_it_replaces(client, publish, vase):
    now = timezone.now()
    SalePrice.objects.create(
        stockrecord=stockrecord_of(vase), price="72.00", start=now, until=now + timedelta(days=3)
    )
    page = publish(body=[bodies.buy(vase.pk)])

    text = text_of(client, page)

    assert "£72" in text
    assert "£90" in text


def test_variant_of_a_block_is_selected_without_javascript(client, publish, mug):
    page = publish(body=[bodies.buy(mug.pk)])
    slate = mug.children.order_by("pk").last()

    assert "Only 3 left" in client.get(page.url, {"variant": slate.pk}).content.decode()
    for odd in ("x", "", "9" * 40, "²", "-1"):
        assert client.get(page.url, {"variant": odd}).status_code == 200


def test_rows_need_as_many_queries_for_twelve_as_for_three(client, publish, shop):
    pieces = [make_product(f"Cup {n}", price="18.00", glazes={"oat": 2}).pk for n in range(12)]
    few = publish("Few", body=[bodies.row(*pieces[:3])])
    many = publish("Many", body=[bodies.row(*pieces)])
    client.get(few.url)

    counts = []
    for page in (few, many):
        with CaptureQueriesContext(connection) as captured:
            client.get(page.url)
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_changed_banner_changes_three_pages(client, publish, site_root):
    shared = Banner.objects.create(heading="Until Sunday")
    pages = [publish(f"Page {n}", body=[bodies.banner(shared.pk)]) for n in range(3)]
    for page in pages:
        assert "Until Sunday" in text_of(client, page)

    shared.heading = "Until Monday"
    shared.save_revision().publish()

    for page in pages:
        assert "Until Monday" in text_of(client, page)


def test_unpublished_or_deleted_banner_disappears(client, publish, site_root):
    shared = Banner.objects.create(heading="Until Sunday")
    page = publish(body=[bodies.banner(shared.pk)])

    shared.unpublish()
    assert "Until Sunday" not in text_of(client, page)
    shared.delete()
    assert "Until Sunday" not in text_of(client, page)


def test_draft_of_a_banner_does_not_leak(client, publish, site_root):
    shared = Banner.objects.create(heading="Until Sunday")
    page = publish(body=[bodies.banner(shared.pk)])
    shared.heading = "Secret plans"
    shared.save_revision()

    assert "Secret plans" not in text_of(client, page)


@pytest.mark.parametrize("is_sold_out", [False, True])
def test_two_blocks_of_one_product_have_different_ids(client, publish, mug, is_sold_out):
    if is_sold_out:
        sell_out(mug)
    page = publish(body=[bodies.buy(mug.pk), bodies.row(mug.pk), bodies.buy(mug.pk)])

    text = text_of(client, page)

    names = re.findall(r'\sid="([^"]*)"', text)
    assert len(names) == len(set(names))
    assert {f"product-{mug.pk}", f"product-{mug.pk}-2"} <= set(names)
    boxes = text.split('class="buy-box ')[1:]
    for box, anchor in zip(boxes, (f"product-{mug.pk}", f"product-{mug.pk}-2"), strict=True):
        assert set(re.findall(r'href="\?variant=\d+#([^"]*)"', box)) == {anchor}
        assert "for=" not in box.split('class="facts"')[0]


@pytest.mark.parametrize("kind", BodyBlock().child_blocks)
def test_photograph_for_link_previews(full, photo, kind):
    Banner.objects.update(image=photo)
    page = LandingPage(body=[row for row in full.body.raw_data if row["type"] == kind])

    has_image = kind in {"hero", "feature", "image", "gallery", "banner"}
    assert page.share_image == (photo if has_image else None)


def test_two_sheets_never_follow_each_other(client, publish, photo):
    page = publish(body=[bodies.feature(photo, address="/")] * 3)

    names = re.findall(r'<section class="band( sheet)?"', text_of(client, page))

    assert names == [" sheet", "", " sheet"]


def test_objects_of_all_blocks_are_loaded_with_one_query_each(client, full, mug):
    with CaptureQueriesContext(connection) as queries:
        text_of(client, full)

    for table in ("wagtailimages_image", "home_banner"):
        loaded = [
            query for query in queries if f"FROM {connection.ops.quote_name(table)}" in query["sql"]
        ]
        assert len(loaded) == 1, table


def test_each_choice_is_an_object_of_its_own(full):
    with full.load_chosen():
        shown = [
            block.value["image"] for block in full.body if block.block_type in ("hero", "feature")
        ]

    assert shown[0] == shown[1]
    assert shown[0] is not shown[1]
