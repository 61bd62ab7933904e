"""Comparing products: the URL is the state, differences are marked, a fifth product is refused."""

from decimal import Decimal

import pytest
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.catalogue.compare import compare, compare_url, products_to_add
from commerce.models import Retirement
from tests.factories import make_product, make_user

pytestmark = pytest.mark.django_db


def set_number(product, code, name, value):
    attribute, _new = product.product_class.attributes.get_or_create(
        code=code, defaults={"name": name, "type": "float"}
    )
    product.attribute_values.create(attribute=attribute, value_float=value)


@pytest.fixture
def pair(mug, vase):
    """A mug and a vase with different heights and the same weight."""
    for piece, height in ((mug, 9.2), (vase, 21.0)):
        set_number(piece, "height", "Height (cm)", height)
        set_number(piece, "weight", "Weight (g)", 380.0)
    return mug, vase


def test_columns_keep_their_order_and_rows_mark_differences(pair):
    mug, vase = pair

    found = compare([vase.pk, mug.pk])

    assert [column.box.title for column in found.columns] == ["Moon vase", "Harbour mug"]
    rows = {row.name: (row.texts, row.is_different) for row in found.rows}
    assert rows["Height (cm)"] == (["21", "9.2"], True)
    assert rows["Weight (g)"] == (["380", "380"], False)
    assert rows["Glaze"] == (["", "Oat, Slate"], True)
    assert found.columns[0].without_url == f"/compare/?ids={mug.pk}"


def test_page_shows_price_stock_rating_and_a_buy_link(client, pair):
    mug, vase = pair
    get_model("reviews", "ProductReview").objects.create(
        product=mug, user=make_user(), score=4, title="Good", body="Yes.", status=1
    )

    response = client.get("/compare/", {"ids": f"{mug.pk},{vase.pk}"})

    content = response.content.decode()
    for fact in ("£24", "£90", "In stock in all options", "Only 1 left", "4.0 from 1 review"):
        assert fact in content
    assert f'action="/basket/add/{vase.pk}/"' in content
    assert content.count("compare__different") == 2
    assert response["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in content


def test_column_shows_the_lowest_price(mug):
    record = mug.children.last().stockrecords.get()
    record.price = Decimal("20.00")
    record.save()

    assert compare([mug.pk]).columns[0].box.lowest.price == Decimal("20.00")


def test_variant_counts_as_its_product(client, mug):
    ids = ",".join(str(child.pk) for child in mug.children.all())

    response = client.get("/compare/", {"ids": ids})

    assert response.context["comparison"].keys == [mug.pk]


def test_fifth_product_is_refused_with_a_message(client, shop):
    pieces = [make_product(f"Piece {n}", price="10.00") for n in range(5)]
    ids = ",".join(str(piece.pk) for piece in pieces)

    response = client.get("/compare/", {"ids": ids})

    assert len(response.context["comparison"].columns) == 4
    assert "You can compare up to 4 products" in response.content.decode()
    assert "Piece 4" not in response.content.decode()


def test_adding_redirects_to_a_url_with_the_product(client, pair):
    mug, vase = pair

    response = client.get("/compare/", {"ids": mug.pk, "add": vase.pk})

    assert (response.status_code, response.url) == (302, f"/compare/?ids={mug.pk},{vase.pk}")


def test_adding_a_fifth_product_is_refused(client, shop):
    pieces = [make_product(f"Piece {n}", price="10.00") for n in range(5)]
    ids = ",".join(str(piece.pk) for piece in pieces[:4])

    response = client.get("/compare/", {"ids": ids, "add": pieces[4].pk})

    assert response.status_code == 200
    assert "up to 4 products" in response.content.decode()


@pytest.mark.parametrize(
    "ids", ["", "x", "-1", "0", "9" * 40, "1;DROP", "\x00", "٣", ",,,", "1," * 5000]
)
def test_invalid_keys_compare_nothing(client, shop, ids):
    response = client.get("/compare/", {"ids": ids})

    assert response.status_code == 200
    assert response.context["comparison"].columns == []
    assert "Nothing to compare yet" in response.content.decode()


def test_hidden_product_is_left_out_without_naming_it(client, pair):
    mug, vase = pair
    vase.is_public = False
    vase.save()

    response = client.get("/compare/", {"ids": f"{mug.pk},{vase.pk},987654"})

    assert response.context["comparison"].keys == [mug.pk]
    content = response.content.decode()
    assert "Two products are no longer available and were removed." in content
    assert "Moon vase" not in content


def test_retired_product_is_named_and_makes_room(client, pair):
    mug, vase = pair
    Retirement.objects.create(product=vase)
    others = [make_product(f"Piece {n}", price="10.00") for n in range(2)]
    ids = ",".join(str(piece.pk) for piece in (mug, vase, *others))

    response = client.get("/compare/", {"ids": ids})
    added = client.get("/compare/", {"ids": ids, "add": make_product("New", price="1.00").pk})

    text = "“Moon vase” is no longer available and was removed."
    assert text in response.content.decode()
    assert len(response.context["comparison"].columns) == 3
    assert added.status_code == 302


def test_fact_that_differs_by_variant_names_its_variants(mug):
    oat, slate = mug.children.order_by("pk")
    set_number(mug, "weight", "Weight (g)", 380.0)
    set_number(mug, "height", "Height (cm)", 9.0)
    attribute = mug.product_class.attributes.get(code="weight")
    slate.attribute_values.create(attribute=attribute, value_float=410)

    rows = {row.name: row.texts for row in compare([mug.pk]).rows}

    assert rows["Height (cm)"] == ["9"]
    assert rows["Weight (g)"] == ["380 (Oat); 410 (Slate)"]
    assert list(rows).count("Glaze") <= 1


@pytest.mark.parametrize(
    ("stock", "text"),
    [
        ((9, 9, 9), "In stock in all options"),
        ((9, 2, 9), "In stock in all options; few left of Slate"),
        ((9, 0, 9), "In stock in Oat and Ink; Slate sold out"),
        ((0, 0, 0), "Sold out in all options"),
    ],
)
def test_stock_covers_all_variants(shop, stock, text):
    cup = make_product(
        "Cup", price="20.00", glazes=dict(zip(("oat", "slate", "ink"), stock, strict=True))
    )

    assert compare([cup.pk]).columns[0].stock_text == text


def test_scrolling_table_is_announced_and_keyboard_accessible(client, shop):
    pieces = [make_product(f"Piece {n}", price="10.00") for n in range(3)]

    content = client.get(
        "/compare/", {"ids": ",".join(str(piece.pk) for piece in pieces)}
    ).content.decode()

    assert "Scroll sideways to see all 3 products." in content
    assert 'tabindex="0" role="region" aria-label="Comparison"' in content
    assert 'aria-describedby="compare-hint"' in content


def test_comparison_in_the_url_sets_no_cookie(client, vase):
    client.get("/compare/", {"ids": vase.pk})

    assert set(client.cookies) == {"csrftoken"}


def test_list_links_add_products_without_javascript(client, shop):
    pieces = [make_product(f"Piece {n}", price="10.00") for n in range(5)]
    listed = client.get(reverse("catalogue:index")).text
    links = [f"/compare/?add={piece.pk}" for piece in pieces]
    assert all(f'href="{link}"' in listed for link in links)

    pages = [client.get(link, follow=True) for link in links]

    shown = [page.context["comparison"].keys for page in pages]
    keys = [piece.pk for piece in pieces]
    assert shown == [keys[:1], keys[:2], keys[:3], keys[:4], keys[:4]]
    assert "You’ve chosen one product. Choose a second one below" in pages[0].text
    assert "One piece so far" not in pages[1].text
    assert "up to 4 products" in pages[4].text
    assert "sessionid" not in client.cookies


def test_removed_product_does_not_return_with_the_next(client, mug, vase):
    cup = make_product("Cup", price="5.00")
    for piece in (mug, vase):
        client.get("/compare/", {"add": piece.pk})

    client.get("/compare/", {"ids": vase.pk})
    assert client.get("/compare/", {"add": cup.pk}).url == f"/compare/?ids={vase.pk},{cup.pk}"
    client.get("/compare/")
    assert client.get("/compare/", {"add": cup.pk}).url == f"/compare/?ids={cup.pk}"


@pytest.mark.parametrize("cookie", ["", "x", "1.2.-3", "9" * 40, "." * 3000])
def test_malformed_comparison_cookie_is_ignored(client, vase, cookie):
    client.cookies["compared"] = cookie

    page = client.get("/compare/", {"add": vase.pk}, follow=True)

    assert page.context["comparison"].keys == [vase.pk]


def test_similar_products_are_offered_first(mug, vase):
    other = make_product("Zinc cup", price="5.00")
    category = get_model("catalogue", "Category").add_root(name="Cups")
    for piece in (mug, other):
        piece.productcategory_set.create(category=category)

    assert [title for _pk, title in products_to_add([mug.pk])] == ["Zinc cup", "Moon vase"]


def test_more_columns_need_no_more_queries(shop, django_assert_num_queries):
    pieces = [make_product(f"Piece {n}", price="10.00") for n in range(4)]
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        compare([pieces[0].pk])

    with django_assert_num_queries(len(one)):
        compare([piece.pk for piece in pieces])


def test_identical_rows_can_be_hidden(client, mug, vase):
    url = compare_url([mug.pk, vase.pk])

    full, short = client.get(url).text, client.get(f"{url}&only=differences").text

    assert "Show differences only" in full
    assert "Show all rows" in short
    assert short.count("<tr") <= full.count("<tr")
    assert short.count("compare__different") == full.count("compare__different") > 0
