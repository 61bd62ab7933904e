"""Exact query counts of the main pages, which stay the same with several times the products.

If a count falls, write down the new number. If it rises, give a reason.
"""

from urllib.parse import parse_qsl

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from demo.generator import generate_catalogue
from tests.factories import pretend_rendered
from tools.bench import pages
from tools.bench.changes import change_price
from tools.bench.server import products_in

#: Queries of a warm process for an uncached page without a basket (except the last page).
QUERIES = {
    pages.EMPTY: 0,
    pages.HOME: 4,
    pages.LANDING: 8,
    pages.CATEGORY: 3,
    pages.FILTERED: 4,
    pages.PRODUCT: 6,
    pages.SEARCH: 2,
    pages.SUGGEST: 3,
    pages.BASKET: 15,
}
#: Queries right after a price change of a product on the page.
AFTER_A_CHANGE = {
    pages.HOME: 5,
    pages.LANDING: 9,
    pages.CATEGORY: 3,
    pages.FILTERED: 4,
    pages.PRODUCT: 6,
    pages.SEARCH: 2,
    pages.SUGGEST: 3,
}
#: Queries that read or write rows when the first product is added to a basket. Two of them count the
#: attempt for the throttle.
ADDING = 14
#: Tables with rows per product, and query plan steps that scan one of them.
GROWING = {
    "catalogue_product",
    "catalogue_productattributevalue",
    "catalogue_productcategory",
    "catalogue_productimage",
    "commerce_listing",
    "commerce_listingterm",
    "commerce_pricewindow",
    "commerce_productphoto",
    "partner_stockrecord",
}
READ_WHOLE = []
#: Both catalogues fill every page with cards and have prices that will change.
FEW, MANY = 250, 750


# Nothing is cached inside a transaction, so this test has none.
@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_pages_need_these_queries_whatever_the_catalogues_size(site_root, client, process):
    call_command("load_demo", "--no-renditions", "-v0")

    for size in (FEW, MANY):
        generate_catalogue(size, at=timezone.now())
        pretend_rendered()
        found = pages.find_pages()
        counts, changed = {}, {}
        for name in (name for name in QUERIES if name != pages.BASKET):
            counts[name] = queries_of(client, found[name])
        for name in pages.CACHED_PAGES:
            changed[name] = queries_after_a_change(client, found[name])
        for addition in pages.products_to_buy(3):
            assert send(client, addition).status_code == 302
        counts[pages.BASKET] = queries_of(client, found[pages.BASKET])
        client.cookies.clear()
        added = [count_of_adding(Client(), found[pages.ADD]) for _time in range(2)]

        assert added[1] == ADDING
        assert not READ_WHOLE, READ_WHOLE
        assert counts == QUERIES, f"with {size} products: {counts}"
        assert changed == AFTER_A_CHANGE, f"with {size} products: {changed}"


def queries_of(client, request):
    """Queries of a page in a warm process."""
    assert send(client, request).status_code == 200
    return _count(client, request)


def queries_after_a_change(client, request):
    """Queries of a page after a price change of its first product."""
    if request.path == pages.find_pages()[pages.PRODUCT].path:
        product_id = pages.shown_product().pk
    else:
        product_id = products_in(send(client, request).content.decode())[0]
    change_price(product_id, 1)
    return _count(client, request)


def _count(client, request):
    with CaptureQueriesContext(connection) as captured:
        send(client, request)
    if connection.vendor == "sqlite":  # MariaDB scans a small table because it is small.
        READ_WHOLE.extend(row for query in captured for row in tables_read_whole(query["sql"]))
    return len(captured)


def count_of_adding(client, request):
    with CaptureQueriesContext(connection) as captured:
        assert send(client, request).status_code == 302
    return sum(query["sql"].startswith(("SELECT", "INSERT", "UPDATE")) for query in captured)


def tables_read_whole(sql):
    """The tables that grow with the catalogue and that SQLite plans to scan."""
    if not sql.startswith("SELECT"):
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql.replace('%', '%%')}")
        plan = [row[-1] for row in cursor.fetchall()]
    scans = [step for step in plan if step.startswith("SCAN ")]
    if " LIMIT " in sql:  # A sorted query follows its index as far as needed.
        scans = [step for step in scans if " INDEX " not in step]
    return [f"{step}: {sql[:300]}" for step in scans if step.split()[1] in GROWING]


def send(client, request):
    headers = {name: value for name, value in request.headers if name != "Content-Type"}
    if request.method == "POST":
        return client.post(request.path, dict(parse_qsl(request.body)), headers=headers)
    return client.get(request.path, headers=headers)
