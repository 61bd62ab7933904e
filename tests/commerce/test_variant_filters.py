"""Filters of a list match a single variant, and their counts predict the result of a tick."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from oscar.core.loading import get_model
from pyroaring import BitMap

from commerce.catalogue.product_lists import products_in
from commerce.index.listings import records_by_product, sellable_products
from commerce.index.refresh import broken_listings, rebuild_listings
from commerce.index.refresh_queue import one_refresh
from commerce.index.variant_sets import VariantSet, union_of
from commerce.models import FacetAttribute, SalePrice, Term
from commerce.orders.reservations import reserve_stock
from commerce.shop_settings.current import current_shop
from commerce.stock.availability import SOLD_OUT, availability_of
from tests.clock import at_time
from tests.factories import make_glaze_attribute, make_product, make_stock, stockrecord_of
from tests.prices import forget_prices, quote_of

pytestmark = pytest.mark.django_db
GLAZES, SIZES = ("oat", "ink", "ember"), ("small", "large")


def make_size_attribute(kind):
    group, _new = get_model("catalogue", "AttributeOptionGroup").objects.get_or_create(name="Size")
    attribute, _new = kind.attributes.get_or_create(
        code="size", defaults={"name": "Size", "type": "option", "option_group": group}
    )
    return attribute


def show_facets(kind):
    """Make glaze and size facets."""
    for attribute in (make_glaze_attribute(kind), make_size_attribute(kind)):
        FacetAttribute.objects.get_or_create(attribute=attribute)


def give(product, attribute, code):
    option, _new = attribute.option_group.options.get_or_create(option=code.title(), code=code)
    product.attribute_values.create(attribute=attribute, value_option=option)


def variant(parent, glaze):
    return parent.children.get(title__iendswith=glaze)


def set_price(product, price):
    record = stockrecord_of(product)
    record.price = Decimal(price)
    record.save()


def found(at=None, **filters):
    return {card.title for card in at_time(at, products_in, filters=filters).cards}


@pytest.fixture
def cup(db):
    """A cup whose ember variant is sold out and expensive, unlike oat."""
    cup = make_product("Cup", price="20.00", glazes={"oat": 9, "ember": 0})
    set_price(variant(cup, "ember"), "60.00")
    forget_prices()
    show_facets(cup.product_class)
    return cup


def test_sold_out_variant_does_not_match_in_stock(cup):
    assert found(glaze=["ember"]) == {"Cup"}
    assert found(stock=["in-stock"]) == {"Cup"}
    assert found(glaze=["oat"], stock=["in-stock"]) == {"Cup"}
    assert found(glaze=["ember"], stock=["in-stock"]) == set()
    assert found(glaze=["ember", "oat"], stock=["in-stock"]) == {"Cup"}


def test_glaze_and_price_match_one_variant(cup):
    assert found(glaze=["ember"], price=["50"]) == {"Cup"}
    assert found(glaze=["ember"], price=["0"]) == set()
    assert found(glaze=["oat"], price=["50"]) == set()


def test_glaze_and_sale_match_one_variant_during_the_sale(cup):
    now = timezone.now()
    SalePrice.objects.create(
        stockrecord=stockrecord_of(variant(cup, "ember")), price=Decimal("40.00"),
        start=now, until=now + timedelta(days=1),
    )  # fmt: skip
    later = now + timedelta(hours=1)

    assert found(later, glaze=["ember"], sale=["yes"], price=["25"]) == {"Cup"}
    assert found(later, glaze=["oat"], sale=["yes"]) == set()
    assert found(later, glaze=["ember"], price=["50"]) == set()
    assert found(now + timedelta(days=2), glaze=["ember"], price=["50"]) == {"Cup"}


def test_counts_match_one_variant_too(cup):
    page = products_in(filters={"glaze": ["ember"]})

    assert [(v.code, v.count) for v in page.facet("glaze").values] == [("oat", 1), ("ember", 1)]
    assert [(v.code, v.count) for v in page.facet("stock").values] == [("in-stock", 0)]
    assert [(v.code, v.count) for v in page.facet("price").values] == [("0", 0), ("50", 1)]


def test_card_shows_the_requested_variant_with_its_price_and_stock(cup):
    ember = variant(cup, "ember")

    card = products_in(filters={"price": ["50"]}).cards[0]

    assert card.url.endswith(f"?variant={ember.pk}")
    assert (card.quote.price, card.is_from, card.availability) == (
        Decimal("60.00"), False, "sold_out",
    )  # fmt: skip


def test_card_for_a_shared_value_links_to_the_product(cup):
    for glaze in ("oat", "ember"):
        set_price(variant(cup, glaze), "20.00")

    card = products_in(filters={"price": ["0"]}).cards[0]

    assert "variant" not in card.url


def test_variants_value_overrides_its_products(cup):
    size = make_size_attribute(cup.product_class)
    give(cup, size, "small")
    give(variant(cup, "ember"), size, "large")

    assert found(size=["small"]) == {"Cup"}
    assert found(size=["small"], glaze=["oat"]) == {"Cup"}
    assert found(size=["small"], glaze=["ember"]) == set()
    assert found(size=["large"], glaze=["ember"]) == {"Cup"}


@pytest.mark.django_db(transaction=True)
def test_selling_out_a_variant_removes_it_from_in_stock(shop):
    cup = make_product("Cup", price="20.00", glazes={"oat": 9, "ink": 1})
    show_facets(cup.product_class)
    assert found(glaze=["ink"], stock=["in-stock"]) == {"Cup"}

    with transaction.atomic():
        reserve_stock({stockrecord_of(variant(cup, "ink")).pk: 1})

    assert found(glaze=["ink"], stock=["in-stock"]) == set()
    assert list(broken_listings()) == []


def test_filtered_page_needs_one_query_more_whatever_the_catalogue(cup):
    filters = {"glaze": ["ember", "oat"], "price": ["0"], "stock": ["in-stock"]}

    def queries(**options):
        with CaptureQueriesContext(connection) as captured:
            products_in(**options)
        return len(captured)

    current_shop()  # read once in a transaction
    few = queries(filters=filters)
    for n in range(30):
        set_price(
            variant(make_product(f"Jug {n}", price="20.00", glazes={"oat": 2, "ink": 0}), "oat"),
            f"{20 + n}.00",
        )

    # Cards of single variants load their prices separately from their listings.
    assert queries(filters=filters) == few == queries() + 1


def test_shared_values_are_not_repeated_per_variant(db):
    make_product("Cup", price="20.00", glazes={"oat": 9, "ink": 9})

    assert not Term.objects.filter(kind="variant").exists()


# --- Sales that are over ------------------------------------------------------------------------------


def test_expired_sale_costs_lists_nothing(db):
    vase = make_product("Vase", price="60.00")
    forget_prices()
    now = timezone.now()
    SalePrice.objects.create(
        stockrecord=stockrecord_of(vase), price=Decimal("40.00"),
        start=now - timedelta(days=90), until=now - timedelta(days=80),
    )  # fmt: skip

    with CaptureQueriesContext(connection) as captured:
        page = products_in(filters={"price": ["50"]}, sort="newest")

    assert [card.title for card in page.cards] == ["Vase"]
    price = connection.ops.quote_name("price")
    read = [q for q in captured if "commerce_pricewindow" in q["sql"] and price in q["sql"]]
    assert len(read) == 1  # for the card
    assert found(now - timedelta(days=85), price=["25"], sale=["yes"]) == {"Vase"}
    assert found(now - timedelta(days=95), price=["50"]) == {"Vase"}


def test_sale_without_an_end_stays_active(db):
    vase = make_product("Vase", price="60.00")
    SalePrice.objects.create(
        stockrecord=stockrecord_of(vase), price=Decimal("40.00"),
        start=timezone.now() - timedelta(days=90),
    )  # fmt: skip

    assert found(sale=["yes"], price=["25"]) == {"Vase"}
    assert found(timezone.now() + timedelta(days=400), sale=["yes"]) == {"Vase"}


# --- Against the catalogue, variant by variant ----------------------------------------------------------

VARIANTS = st.lists(
    st.tuples(
        st.sampled_from(GLAZES),
        st.sampled_from((*SIZES, "")),
        st.integers(0, 1),
        st.sampled_from(("20.00", "30.00", "60.00")),
        st.sampled_from(("", "", "10.00", "28.00")),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda row: row[:2],
)
CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "glaze": st.lists(st.sampled_from(GLAZES), min_size=1, max_size=2, unique=True),
        "size": st.lists(st.sampled_from(SIZES), min_size=1, max_size=2, unique=True),
        "stock": st.just(["in-stock"]),
        "price": st.lists(st.sampled_from(("0", "25", "50")), min_size=1, max_size=2, unique=True),
        "sale": st.just(["yes"]),
    },
)


@pytest.mark.slow
class TestAgainstTheCatalogue(TestCase):
    """For any products and filters, the list and its counts equal a computation per variant."""

    @settings(
        max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        products=st.lists(VARIANTS, min_size=1, max_size=4),
        choices=st.lists(CHOICES, min_size=1, max_size=5),
        days=st.sampled_from((-40, 1, 3)),
    )
    def test_lists_and_counts_equal_the_catalogue(self, products, choices, days):
        self.now = timezone.now()
        with one_refresh():
            for number, variants in enumerate(products):
                self.make(number, variants)
        at = self.now + timedelta(days=days)
        facts = self.facts(at)

        for chosen in choices:
            page = at_time(at, products_in, filters=chosen)

            assert {card.product_id for card in page.cards} == self.matching(facts, chosen)
            for facet in page.facets:
                for value in facet.values:
                    ticked = {**chosen, facet.name: [value.code]}
                    assert value.count == len(self.matching(facts, ticked)), (facet, value)
        assert list(broken_listings()) == []

    def make(self, number, variants):
        """Create a product with the given variants; "" leaves the size to the product."""
        parent = make_product(f"Piece {number}", price="1.00", glazes={"none": 0})
        parent.children.all().delete()
        show_facets(parent.product_class)
        glaze, size = (
            make_glaze_attribute(parent.product_class),
            make_size_attribute(parent.product_class),
        )
        give(parent, size, SIZES[0])
        partner = get_model("partner", "Partner").objects.get()
        for glaze_code, size_code, stock, price, sale in variants:
            child = parent.children.create(title=f"{glaze_code} {size_code}", structure="child")
            give(child, glaze, glaze_code)
            if size_code:
                give(child, size, size_code)
            record = child.stockrecords.create(
                partner=partner, partner_sku=f"S-{child.pk}", price=Decimal(price),
                price_currency="GBP", num_in_stock=stock,
            )  # fmt: skip
            if sale:
                SalePrice.objects.create(
                    stockrecord=record, price=Decimal(sale),
                    start=self.now, until=self.now + timedelta(days=2),
                )  # fmt: skip

    def facts(self, at):
        """``{product: [facts of each variant]}``, read from the catalogue's tables."""
        products = sellable_products().select_related("product_class")
        return {
            pk: [self.fact(record, at) for record in records]
            for pk, records in records_by_product(products).items()
        }

    def band_of(self, price):
        return str(max(band for band in current_shop().bands if band <= price))

    def fact(self, record, at):
        quote = at_time(at, quote_of, record)
        product = record.product
        fact = {
            "price": {self.band_of(quote.price)},
            "stock": set() if availability_of(record) == SOLD_OUT else {"in-stock"},
            "sale": {"yes"} if quote.is_reduced else set(),
        }
        for code in ("glaze", "size"):
            values = [
                owner.attribute_values.filter(attribute__code=code).first()
                for owner in (product, product.parent)
            ]
            fact[code] = {value.value_option.code for value in values if value} and {
                next(value for value in values if value).value_option.code
            }
        return fact

    def matching(self, facts, chosen):
        known = {
            name: {code for rows in facts.values() for fact in rows for code in fact.get(name, ())}
            for name in chosen
        }
        filters = {
            name: known[name] & set(codes) if name in ("glaze", "size") else set(codes)
            for name, codes in chosen.items()
        }
        return {
            pk
            for pk, rows in facts.items()
            if any(
                all(fact[name] & codes for name, codes in filters.items() if codes) for fact in rows
            )
        }


# --- The algebra --------------------------------------------------------------------------------------

VARIANT_SETS = st.lists(st.frozensets(st.sampled_from((1, 2, 3))), min_size=4, max_size=4)
ALL = frozenset((1, 2, 3))


def as_variant_set(rows):
    """The variant set of listings 0 to 3, given the matching variant numbers of each."""
    return VariantSet(
        BitMap(pk for pk, numbers in enumerate(rows) if numbers == ALL),
        {n: BitMap(pk for pk, row in enumerate(rows) if n in row and row != ALL) for n in ALL},
    )


@given(one=VARIANT_SETS, two=VARIANT_SETS, three=VARIANT_SETS)
def test_unions_and_intersections_work_per_variant(one, two, three):
    first, second, third = (as_variant_set(rows) for rows in (one, two, three))

    both = {pk for pk in range(4) if one[pk] & two[pk] & three[pk]}
    either = {pk for pk in range(4) if (one[pk] | two[pk]) & three[pk]}

    assert set((first & second & third).listings()) == both
    assert (first & second).count_with(third) == len(both)
    assert set((union_of([first, second]) & third).listings()) == either
    assert set(((first | second) & third).listings()) == either
    numbers = (first & second).variants_of(0)
    assert set(numbers) in (set(), one[0] & two[0])


@pytest.fixture
def three_prices(shop):
    """A cup with variants at £30, £10 and £20, and a cup at £15."""
    cup = make_product("Cup", price="30.00", glazes={"oat": 5, "slate": 5, "ember": 5})
    for child, price in zip(cup.children.order_by("pk"), ("30", "10", "20"), strict=True):
        stockrecord_of(child).delete()
        make_stock(child, price=Decimal(price), stock=5)
    plain = make_product("Bowl", price="15.00", glazes={"ember": 5})
    FacetAttribute.objects.get_or_create(attribute=make_glaze_attribute(cup.product_class))
    rebuild_listings()
    return cup, plain


def test_card_shows_the_cheapest_matching_variant(three_prices):
    def card(**filters):
        return next(c for c in products_in(filters=filters).cards if c.title == "Cup")

    assert card(glaze=["oat", "ember"]).quote.price == Decimal(20)
    assert card(glaze=["oat", "ember"]).is_from
    assert card(glaze=["oat"]).quote.price == Decimal(30)
    assert not card(glaze=["oat"]).is_from


def test_card_prefers_an_available_variant_to_a_cheaper_one(three_prices):
    ember = three_prices[0].children.order_by("pk").last()
    record = stockrecord_of(ember)
    record.num_in_stock = 0
    record.save()

    cards = products_in(filters={"glaze": ["oat", "ember"]}).cards

    assert next(c for c in cards if c.title == "Cup").quote.price == Decimal(30)


@pytest.mark.parametrize("sort", ["price-low", "price-high"])
def test_sorting_by_price_uses_the_card_prices(three_prices, sort):
    for filters in ({"glaze": ["ember"]}, {"glaze": ["oat", "ember"]}, {"price": ["0"]}, {}):
        prices = [card.quote.price for card in products_in(filters=filters, sort=sort).cards]
        assert prices == sorted(prices, reverse=sort == "price-high"), filters
