"""Product lists: order, filters, counts, and a constant number of queries."""

from datetime import timedelta
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.catalogue.list_query import MAX_QUERY, ListingQuery
from commerce.catalogue.product_detail import buy_boxes_for
from commerce.catalogue.product_lists import PAGE_SIZE, products_in
from commerce.index.listings import cards_for
from commerce.index.refresh import broken_listings, refresh_listings
from commerce.models import FacetAttribute, SalePrice
from tests.clock import at_time
from tests.factories import make_product, stockrecord_of

pytestmark = pytest.mark.django_db
Category = get_model("catalogue", "Category")


def make_cups(count):
    """Create cups with two variants, alternating with cups without variants."""
    return [
        make_product(
            f"Cup {n}", price=f"{10 + n}.00", glazes={"oat": 9, "ink": 1} if n % 2 else None
        )
        for n in range(count)
    ]


def put_in_category(product, *names):
    """Put a product into the last of nested categories with these names."""
    category = None
    for name in names:
        parent = category
        found = parent.get_children() if parent else Category.get_root_nodes()
        category = found.filter(name=name).first() or (
            parent.add_child(name=name) if parent else Category.add_root(name=name)
        )
    product.productcategory_set.create(category=category)
    return category


def queries_of(function):
    with CaptureQueriesContext(connection) as captured:
        function()
    return len(captured)


def titles(page):
    return [card.title for card in page.cards]


def test_cards_need_as_many_queries_for_thirty_as_for_three(db):
    cups = [cup.pk for cup in make_cups(30)]

    few, many = queries_of(lambda: cards_for(cups[:3])), queries_of(lambda: cards_for(cups))

    assert few == many <= 7


def test_pages_need_as_many_queries_for_thirty_as_for_three(db):
    make_cups(3)
    few = queries_of(products_in)
    make_cups(30)

    assert queries_of(products_in) == few


def test_buy_boxes_need_as_many_queries_for_thirty_as_for_three(db):
    cups = [cup.pk for cup in make_cups(30)]

    few, many = queries_of(lambda: buy_boxes_for(cups[:3])), queries_of(lambda: buy_boxes_for(cups))

    assert few == many


def test_cards_keep_the_order_without_duplicates(db):
    one, two, three = (cup.pk for cup in make_cups(3))

    cards = cards_for([three, one, three, two, 999_999])

    assert [card.product_id for card in cards] == [three, one, two]


def test_card_of_a_hidden_product_is_left_out(db):
    one, two = make_cups(2)
    one.is_public = False
    one.save()

    assert [card.product_id for card in cards_for([one.pk, two.pk])] == [two.pk]


def test_card_shows_its_dots_and_a_from_price(db):
    mug = make_product("Mug", price="24.00", glazes={"oat": 9, "ink": 2})
    dear = stockrecord_of(mug.children.order_by("pk").last())
    dear.price = Decimal("30.00")
    dear.save()

    card = cards_for([mug.pk])[0]

    assert [(dot.name, dot.swatch) for dot in card.dots] == [
        ("Oat", "#232b3f"),
        ("Ink", "#4f8794"),
    ]
    assert card.dots[1].url == f"{card.url}?variant={dear.product_id}"
    assert (card.quote.price, card.is_from, card.availability) == (
        Decimal("24.00"),
        True,
        "in_stock",
    )


def test_card_is_sold_out_if_all_variants_are(db):
    gone = make_product("Mug", price="24.00", glazes={"oat": 0, "ink": 0})
    left = make_product("Jug", price="24.00", glazes={"oat": 0, "ink": 2})

    assert [card.availability for card in cards_for([gone.pk, left.pk])] == ["sold_out", "low"]


def test_hidden_variant_is_ignored(db):
    mug = make_product("Mug", price="24.00", glazes={"oat": 9, "ink": 9})
    ink = mug.children.get(title__iendswith="ink")
    ink.is_public = False
    ink.save()

    assert [dot.name for dot in cards_for([mug.pk])[0].dots] == ["Oat"]


def test_card_shows_the_current_sale(db):
    vase = make_product("Vase", price="90.00")
    now = timezone.now()
    SalePrice.objects.create(
        stockrecord=stockrecord_of(vase), price="72.00",
        start=now + timedelta(days=1), until=now + timedelta(days=2),
    )  # fmt: skip

    today = cards_for([vase.pk])
    tomorrow = at_time(now + timedelta(days=1, hours=1), cards_for, [vase.pk])

    assert (today[0].quote.price, today[0].quote.was) == (Decimal("90.00"), None)
    assert (tomorrow[0].quote.price, tomorrow[0].quote.was) == (Decimal("72.00"), Decimal("90.00"))


def test_category_includes_its_descendants_products(db):
    one, two, three = make_cups(3)
    table = put_in_category(one, "Table")
    put_in_category(two, "Table", "Cups")
    put_in_category(three, "Vases")

    table.refresh_from_db()
    assert set(titles(products_in(table))) == {"Cup 0", "Cup 1"}


def test_hidden_subcategory_hides_its_products(db):
    one, two = make_cups(2)
    table = put_in_category(one, "Table")
    put_in_category(two, "Table", "Cups")
    cups = Category.objects.get(name="Cups")
    cups.is_public = False
    cups.save()

    table.refresh_from_db()
    assert titles(products_in(table)) == ["Cup 0"]


def test_product_in_two_categories_is_listed_once(db):
    cup = make_cups(1)[0]
    cups = put_in_category(cup, "Table", "Cups")
    put_in_category(cup, "Table", "Sets")

    assert titles(products_in(cups.get_parent())) == ["Cup 0"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("price-low", ["Plate", "Mug", "Vase"]),
        ("price-high", ["Vase", "Mug", "Plate"]),
        ("newest", ["Vase", "Mug", "Plate"]),
        ("rating", ["Mug", "Plate", "Vase"]),
        ("recommended", ["Mug", "Plate", "Vase"]),
        ("nonsense", ["Mug", "Plate", "Vase"]),
    ],
)
def test_sorting(db, sort, expected):
    made = [make_product(title, price=price, stock=stock) for title, price, stock in
            (("Plate", "12.00", 5), ("Mug", "24.00", 5), ("Vase", "90.00", 0))]  # fmt: skip
    Product = get_model("catalogue", "Product")
    for age, product in enumerate(reversed(made)):
        at = timezone.now() - timedelta(days=age)
        Product.objects.filter(pk=product.pk).update(date_created=at)
    Product.objects.filter(title="Mug").update(rating=4.5)
    refresh_listings([product.pk for product in made])

    assert titles(products_in(sort=sort)) == expected


def test_facets_narrow_each_other_and_values_of_one_add_up(db):
    make_product("Mug", price="20.00", glazes={"oat": 5})
    make_product("Jug", price="40.00", glazes={"ink": 5})
    make_product("Vase", price="90.00", glazes={"ink": 0})

    show_glazes()

    def found(**filters):
        return set(titles(products_in(filters=filters)))

    assert found(glaze=["ink"]) == {"Jug", "Vase"}
    assert found(glaze=["ink", "oat"]) == {"Mug", "Jug", "Vase"}
    assert found(glaze=["ink"], stock=["in-stock"]) == {"Jug"}
    assert found(price=["0", "50"]) == {"Mug", "Vase"}
    assert found(price=["0"], glaze=["ink"]) == set()
    assert found(glaze=["no-such"]) == {"Mug", "Jug", "Vase"}
    assert found(nonsense=["x"]) == {"Mug", "Jug", "Vase"}


def show_glazes():
    """Make the glaze a facet of lists."""
    attribute = (
        get_model("catalogue", "ProductAttribute").objects.filter(code="glaze").earliest("pk")
    )
    return FacetAttribute.objects.create(attribute=attribute)


def counts_of(page, name):
    return [(value.code, value.count) for value in page.facet(name).values]


def test_facet_counts_match_the_results_of_a_tick(db):
    make_product("Mug", price="20.00", glazes={"oat": 5, "ink": 5})
    make_product("Jug", price="40.00", glazes={"ink": 5})
    show_glazes()

    page = products_in(filters={"glaze": ["oat"]})

    assert [(v.code, v.count, v.is_selected) for v in page.facet("glaze").values] == [
        ("oat", 1, True), ("ink", 2, False),
    ]  # fmt: skip
    assert counts_of(page, "price") == [("0", 1), ("25", 0)]
    assert page.facet("stock") is None  # all products are in stock


def test_attribute_is_a_facet_only_if_marked(db):
    make_product("Mug", price="20.00", glazes={"oat": 5})
    make_product("Bare mug", price="20.00")
    assert products_in().facet("glaze") is None

    facet = show_glazes()
    assert counts_of(products_in(), "glaze") == [("oat", 1)]

    facet.delete()
    assert products_in().facet("glaze") is None


def test_product_with_several_options_counts_for_each(db):
    bowl = make_product("Bowl", price="20.00")
    tray = make_product("Tray", price="20.00")
    group = get_model("catalogue", "AttributeOptionGroup").objects.create(name="Rooms")
    kitchen, porch = (group.options.create(option=room, code=room) for room in ("kitchen", "porch"))
    attribute = bowl.product_class.attributes.create(
        code="room", name="Room", type="multi_option", option_group=group
    )
    FacetAttribute.objects.create(attribute=attribute)
    attribute.save_value(bowl, [kitchen, porch])
    attribute.save_value(tray, [porch])
    refresh_listings([bowl.pk, tray.pk])

    assert counts_of(products_in(), "room") == [("kitchen", 1), ("porch", 2)]
    assert [*broken_listings()] == []


def test_facets_of_several_classes_with_one_code_are_merged(db):
    make_product("Mug", price="20.00", glazes={"oat": 5})
    make_product("Jug", price="20.00", glazes={"ink": 5})
    garden = make_product("Planter", price="20.00")
    kind = get_model("catalogue", "ProductClass").objects.create(name="Garden stoneware")
    group = get_model("catalogue", "AttributeOptionGroup").objects.get(name="Glaze")
    attribute = kind.attributes.create(
        code="glaze", name="Glaze", type="option", option_group=group
    )
    show_glazes()
    FacetAttribute.objects.create(attribute=attribute)
    garden.product_class = kind
    garden.save()
    attribute.save_value(garden, group.options.get(option__iexact="oat"))

    facets = [facet for facet in products_in().facets if facet.name == "glaze"]

    assert [[(value.code, value.count) for value in facet.values] for facet in facets] == [
        [("oat", 2), ("ink", 1)]
    ]


def test_limits_of_the_price_bands(db):
    for title, price in (("A", "24.99"), ("B", "25.00"), ("C", "49.99"), ("D", "50.00")):
        make_product(title, price=price)

    bands = {
        code: sorted(titles(products_in(filters={"price": [code]}))) for code in ("0", "25", "50")
    }

    assert bands == {"0": ["A"], "25": ["B", "C"], "50": ["D"]}


def test_sale_moves_a_product_into_another_price_band(db):
    vase = make_product("Vase", price="60.00")
    make_product("Kiln", price="700.00")
    now = timezone.now()
    SalePrice.objects.create(
        stockrecord=stockrecord_of(vase), price=Decimal("40.00"),
        start=now + timedelta(days=1), until=now + timedelta(days=2),
    )  # fmt: skip
    later, after = now + timedelta(days=1, hours=1), now + timedelta(days=3)

    assert counts_of(at_time(now, products_in), "price") == [("50", 1), ("500", 1)]
    assert counts_of(at_time(later, products_in), "price") == [("25", 1), ("500", 1)]
    assert titles(at_time(later, products_in, filters={"sale": ["yes"]})) == ["Vase"]
    assert at_time(later, products_in, filters={"sale": ["yes"]}).cards[0].quote.was == Decimal(
        "60.00"
    )
    assert titles(at_time(after, products_in, filters={"sale": ["yes"]})) == []
    assert counts_of(at_time(after, products_in), "price") == [("50", 1), ("500", 1)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("mug", {"Harbour mug"}),
        ("MUG harbour", {"Harbour mug"}),
        ("slate", {"Harbour mug"}),
        ("mug vase", {"Harbour mug", "Moon vase"}),  # no product has both
        ("mugs", {"Harbour mug"}),
        ("harb", {"Harbour mug"}),
        ("harbuor", {"Harbour mug"}),
        ("Hárbour", {"Harbour mug"}),
        ("stone", {"Harbour mug", "Moon vase"}),
        ("zzzz", set()),
        ("%", {"Harbour mug", "Moon vase"}),
        ("'; --", {"Harbour mug", "Moon vase"}),
        ("", {"Harbour mug", "Moon vase"}),
        ("\x00", {"Harbour mug", "Moon vase"}),
    ],
)
def test_search_needs_all_words(mug, vase, words, expected):
    for product in (mug, vase):
        product.description = "Thrown in stoneware."
        product.save()

    assert set(titles(products_in(query=words))) == expected


@pytest.mark.parametrize(("page", "shown"), [(1, 1), (2, 2), (3, 2), (0, 2), ("x", 1), ("-1", 2)])
def test_page_out_of_range_shows_the_nearest(db, page, shown):
    make_cups(PAGE_SIZE + 1)

    found = products_in(page=page)

    assert (found.page, found.pages, found.total) == (shown, 2, PAGE_SIZE + 1)


def test_query_string_round_trips():
    query = ListingQuery.from_parameters(
        QueryDict("q=+harbour++mug&glaze=oat&glaze=oat&glaze=ink&stock=in-stock&sort=newest&page=2")
    )

    assert query.words == "harbour mug"
    assert query.filters == {"glaze": ("oat", "ink"), "stock": ("in-stock",)}
    assert query.address() == "?q=harbour+mug&glaze=oat&glaze=ink&stock=in-stock&sort=newest"
    assert query.address(without=(("glaze", "oat"),)) == (
        "?q=harbour+mug&glaze=ink&stock=in-stock&sort=newest"
    )


def test_invalid_query_string_is_no_error(db):
    query = ListingQuery.from_parameters(
        QueryDict(f"q={'x' * 5000}&sort=drop&stock=1&price=%00&page=%F0")
    )

    assert len(query.words) == MAX_QUERY
    assert query.sort == "recommended"
    assert products_in(query=query.words, filters=query.filters).total == 0


def test_card_of_a_selected_variant_has_its_price_and_stock(mug):
    show_glazes()
    slate = mug.children.get(title__iendswith="slate")
    record = stockrecord_of(slate)
    record.price, record.num_in_stock = Decimal("26.00"), 0
    record.save()

    plain, chosen = (
        products_in().cards[0],
        products_in(filters={"glaze": ["slate"]}).cards[0],
    )

    assert (plain.quote.price, plain.is_from) == (Decimal("24.00"), True)
    assert (chosen.quote.price, chosen.is_from) == (Decimal("26.00"), False)
    assert (chosen.availability, chosen.url) == ("sold_out", f"{plain.url}?variant={slate.pk}")


def test_value_of_all_products_is_offered_only_if_ticked(db):
    mug = make_product("Mug", price="20.00", glazes={"oat": 5, "ink": 5})
    jug = make_product("Jug", price="22.00", glazes={"oat": 5})
    show_glazes()
    get_model("catalogue", "Product").objects.update(rating=4.5)
    refresh_listings([mug.pk, jug.pk])

    plain, ticked = products_in(), products_in(filters={"rating": ["4"]})

    assert [facet.name for facet in plain.facets] == ["glaze"]
    assert counts_of(plain, "glaze") == [("oat", 2), ("ink", 1)]
    assert counts_of(ticked, "rating") == [("4", 2)]


def test_rating_value_is_offered_if_it_narrows_the_list(db):
    good, fair = make_product("Mug", price="20.00"), make_product("Jug", price="20.00")
    for product, rating in ((good, 4.5), (fair, 3.2)):
        type(product).objects.filter(pk=product.pk).update(rating=rating)
    refresh_listings([good.pk, fair.pk])

    assert counts_of(products_in(), "rating") == [("4", 1)]


def test_stock_facet_is_offered_if_variants_differ(db):
    make_product("Mug", price="20.00", glazes={"oat": 5, "ink": 0})
    show_glazes()

    assert products_in().facet("stock") is None
    assert counts_of(products_in(filters={"glaze": ["oat"]}), "stock") == [("in-stock", 1)]


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("?page=999", "?page=2"),
        ("?page=0", "?page=2"),
        ("?page=nonsense", ""),
        ("?price=0&page=999&sort=newest", "?price=0&sort=newest"),
    ],
)
def test_page_number_out_of_range_redirects(client, db, asked, led_to):
    make_cups(PAGE_SIZE + 1)

    response = client.get("/catalogue/" + asked)

    assert (response.status_code, response.url) == (302, "/catalogue/" + led_to)
    assert client.get(response.url).status_code == 200


def test_every_list_has_a_description(client, db):
    category = put_in_category(make_cups(1)[0], "Cups")

    for url in ("/catalogue/", category.get_absolute_url()):
        html = client.get(url).content.decode()
        assert '<meta name="description" content="' in html
        assert 'name="description" content=""' not in html


@pytest.mark.parametrize("path", ["/catalogue/", "/search/"])
def test_removing_the_last_filter_gives_the_plain_url(client, db, path):
    make_product("Mug", price="20.00", glazes={"oat": 5, "ink": 0})
    show_glazes()

    response = client.get(f"{path}?glaze=oat")

    assert response.context["clear_url"] == "./"
    assert [url for _name, url in response.context["chips"]] == ["./"]
    both = client.get(f"{path}?glaze=oat&glaze=ink").context
    assert {url for _name, url in both["chips"]} == {"?glaze=ink", "?glaze=oat"}


def test_list_urls_omit_defaults(client, db):
    """They omit the first page and the default order, with and without JavaScript."""
    make_cups(PAGE_SIZE + 1)

    for asked, first_page, has_order in (
        ("?page=2", "./", False),
        ("?sort=newest&page=2", "?sort=newest", True),
    ):
        page = BeautifulSoup(client.get("/catalogue/" + asked).content, "html.parser")
        links = {link["href"] for link in page.select(".pager a")}
        order = page.select(".facets input[name=sort]")
        assert links == {first_page}
        assert [field["value"] for field in order] == (["newest"] if has_order else [])


def test_search_without_results_offers_no_sorting(client, db):
    make_cups(1)

    html = client.get("/search/?q=zzzzzz").content.decode()

    assert 'name="sort"' not in html.split("chips__count")[1]
