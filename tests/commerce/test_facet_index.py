"""The in-process copy of the facet bitmaps: needs no query and is never stale."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from oscar.core.loading import get_model
from pyroaring import BitMap

from commerce.catalogue.list_rules import ON_SALE
from commerce.catalogue.product_lists import products_in
from commerce.index import facet_index
from commerce.index.refresh import rebuild_listings, refresh_listings
from commerce.models import FacetAttribute, SalePrice, Term
from commerce.models.sort_keys import SORTS
from commerce.orders.reservations import reserve_stock
from commerce.search.queries import suggest
from commerce.search.spelling import correct
from tests import factories
from tests.caching import PLACES, forget
from tests.clock import at_time
from tests.prices import forget_prices

pytestmark = pytest.mark.django_db(transaction=True)
Category = get_model("catalogue", "Category")
ProductRecord = get_model("analytics", "ProductRecord")


@pytest.fixture
def shop(shop, caching):
    """Two mugs and a vase in categories, the glaze facet, and a vase whose price rises in a week."""
    mug = factories.make_product("Harbour mug", price="24.00", glazes={"oat": 10, "slate": 1})
    tall = factories.make_product("Tall mug", price="30.00", glazes={"oat": 3})
    vase = factories.make_product("Moon vase", price="90.00", stock=1)
    for piece in (mug, tall):
        factories.put_category(piece, "Tableware")
    category = factories.put_category(vase, "Vases")
    FacetAttribute.objects.create(attribute=mug.product_class.attributes.get())
    reduce(vase, "60.00", days=7)
    return {"mug": mug, "tall": tall, "vase": vase, "category": category}


@pytest.fixture(params=PLACES)
def warm(request, caching, shop):
    """A process with everything cached that lists and searches need."""
    caching(request.param)
    answers()
    return shop


def reduce(product, price, *, days=None):
    now = timezone.now()
    record = factories.stockrecord_of(product.children.first() or product)
    SalePrice.objects.create(
        stockrecord=record, price=Decimal(price), start=now - timedelta(hours=1),
        until=days and now + timedelta(days=days),
    )  # fmt: skip


def answers():
    """The results of lists, filters, searches and suggestions."""
    table = Category.objects.filter(name="Tableware").first()
    week = timezone.now() + timedelta(days=8)
    return [
        *(said_by(products_in(category)) for category in Category.objects.all()),
        said_by(products_in(table, filters={"glaze": ["oat"], "stock": ["in-stock"]})),
        said_by(products_in(rule=ON_SALE)),
        *(said_by(products_in(sort=sort)) for sort in SORTS),
        *(said_by(at_time(week, products_in, sort=sort)) for sort in ("price-low", "price-high")),
        said_by(at_time(week, products_in, filters={"price": ["50"]})),
        *(said_by(products_in(query=query)) for query in ("mug", "vas", "harbuor", "lantern")),
        *map(suggest, ("m", "mo", "tab", "harbuor")),
        correct("tabelware"),
    ]


def said_by(page):
    boxes = {
        (facet.name, value.code): (value.name, value.count)
        for facet in page.facets
        for value in facet.values
    }
    return [(card.title, card.url) for card in page.cards], page.total, boxes, page.search


def in_a_thread(work):
    """The result of ``work`` on a connection of its own."""
    results = []

    def run():
        try:
            results.append(work())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=60)
    return results[0]


def queries_on(table, work):
    with CaptureQueriesContext(connection) as queries:
        work()
    return [row["sql"] for row in queries if table in row["sql"]]


# --- Nothing is asked, and nothing is old ----------------------------------------------------------


def test_cached_bitmaps_need_no_query(warm):
    assert not queries_on("commerce_term", answers)


def _title(shop):
    shop["mug"].title = "Tableland lantern"
    shop["mug"].save()


def _price(shop):
    record = factories.stockrecord_of(shop["tall"].children.get())
    record.price = Decimal("70.00")
    record.save()


def _sale(shop):
    reduce(shop["tall"], "10.00", days=3)


def _sale_over(shop):
    SalePrice.objects.get().delete()


def _bought(shop):
    ProductRecord.objects.create(product=shop["vase"], num_purchases=3)
    refresh_listings([shop["vase"].pk])


def _rated(shop):
    vase = shop["vase"]
    user = factories.make_user()
    vase.reviews.create(score=5, title="Round", body="As the moon.", user=user, status=1)


def _sold_out(shop):
    slate = shop["mug"].children.get(title__iendswith="slate")
    with transaction.atomic():
        reserve_stock({factories.stockrecord_of(slate).pk: 1})


def _hidden(shop):
    shop["mug"].is_public = False
    shop["mug"].save()


def _deleted(shop):
    shop["vase"].delete()


def _new(shop):
    factories.put_category(factories.make_product("Storm lantern", price="40.00"), "Lamps")


def _left(shop):
    shop["vase"].productcategory_set.all().delete()


def _renamed(shop):
    shop["category"].name = "Tablets"
    shop["category"].save()


def _no_filter(shop):
    FacetAttribute.objects.get().delete()


def _rebuilt(shop):
    Term.objects.filter(value__in=["mug", "glaze:oat", "vase"]).delete()
    rebuild_listings()


CHANGES = [
    _title, _price, _sale, _sale_over, _bought, _rated, _sold_out, _hidden, _deleted, _new, _left, _renamed,
    _no_filter, _rebuilt,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_change_on_another_connection_is_seen_by_the_next_request(warm, change):
    before = answers()

    in_a_thread(lambda: change(warm))

    after = answers()
    forget()
    assert after == answers()
    assert change is _rebuilt or after != before


def test_own_change_is_seen_before_the_commit_and_only_by_its_transaction(warm):
    before = answers()

    with transaction.atomic():
        _title(warm)
        own = products_in(query="lantern")
        other = in_a_thread(lambda: products_in(query="lantern"))

    assert [card.title for card in own.cards] == ["Tableland lantern"]
    assert other.total == 0
    assert products_in(query="lantern").total == 1
    assert answers() != before


def test_rolled_back_change_has_no_effect(warm):
    before = answers()

    with transaction.atomic():
        for change in (_title, _price, _new, _no_filter):
            change(warm)
        assert answers() != before
        transaction.set_rollback(True)

    assert answers() == before
    assert not queries_on("commerce_term", answers)


def test_sale_ending_by_itself_is_seen(warm, settings):
    now = timezone.now()
    soon, later = now + timedelta(days=1), now + timedelta(days=8)

    assert at_time(soon, products_in, rule=ON_SALE).total == 1
    assert at_time(later, products_in, rule=ON_SALE).total == 0
    assert at_time(now - timedelta(days=1), products_in, rule=ON_SALE).total == 0
    assert at_time(now, products_in, rule=ON_SALE).total == 1


def _sale_costs(price):
    return lambda sale: setattr(sale, "price", Decimal(price))


def _sale_ends_later(sale):
    sale.until += timedelta(days=1)


def _sale_ends_now(sale):
    sale.until = timezone.now()


def _list_price_falls(sale):
    sale.stockrecord.price = Decimal("60.00")
    sale.stockrecord.save()


@pytest.mark.parametrize(
    ("change", "asks"),
    [
        (_sale_costs("61.00"), False),
        (_sale_costs("40.00"), True),
        (_sale_ends_later, True),
        (_sale_ends_now, True),
        (_list_price_falls, True),  # Then nothing is on sale.
    ],
    ids=["a penny", "another band", "later", "now", "list price"],
)
def test_time_dependent_filters_are_reread_only_if_they_changed(warm, change, asks):
    """Time-dependent bitmaps are always read as a whole."""

    def filters():
        facet_index.prices_of_now(facet_index.facet_index(), is_filtered=True)

    filters()
    sale = SalePrice.objects.get()
    change(sale)
    forget_prices()
    sale.save()

    assert bool(queries_on("commerce_pricewindow", filters)) is asks
    after = answers()
    forget()
    assert after == answers()


def test_sales_that_swap_variants_are_seen(warm):
    """The same prices at the same times, but for other variants."""
    oat, slate = (factories.stockrecord_of(piece) for piece in warm["mug"].children.order_by("pk"))
    now = timezone.now()
    sales = []
    for record, price in ((oat, "3.00"), (slate, "55.00")):
        record.price = Decimal("60.00")
        record.save()
        sales.append(
            SalePrice.objects.create(
                stockrecord=record, price=Decimal(price), start=now - timedelta(hours=1),
                until=now + timedelta(days=3),
            )
        )  # fmt: skip
    dear = {"price": ["50"], "glaze": ["oat"]}
    before = said_by(products_in(filters=dear))

    with transaction.atomic():
        for sale, price in zip(sales, ("55.00", "3.00"), strict=True):
            sale.price = Decimal(price)
            sale.save()

    after = said_by(products_in(filters=dear))
    forget()
    assert after == said_by(products_in(filters=dear))
    assert after != before


def test_unannounced_change_is_seen_after_the_age_limit(warm, settings):
    settings.PAGE_CACHE_SECONDS = 0
    forget()
    assert products_in(query="moon", exact=True).total == 1

    Term.objects.filter(kind="word", value="moon").delete()

    assert products_in(query="moon", exact=True).total == 0


def test_cached_bitmaps_are_immutable(warm):
    found = facet_index.facet_index().of("all", "")
    everything = set(found)

    found |= BitMap([999])

    assert set(facet_index.facet_index().of("all", "")) == everything
