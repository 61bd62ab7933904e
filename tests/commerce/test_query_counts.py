"""How many queries each main page takes, exactly; and as many with several times the pieces.

A lower number is good news: write it down here. A higher one wants a reason.
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
from tools.bench.server import CARD

#: Queries of a warm process that meets a page anew, for somebody without a basket (but the last).
QUERIES = {
    pages.EMPTY: 0,
    pages.HOME: 15,
    pages.LANDING: 17,
    pages.CATEGORY: 3,
    pages.FILTERED: 4,
    pages.PRODUCT: 12,
    pages.SEARCH: 4,
    pages.SUGGEST: 5,
    pages.BASKET: 17,
}
#: The same right after a product that the page shows has got another price.
AFTER_A_CHANGE = {
    pages.HOME: 15,
    pages.LANDING: 17,
    pages.CATEGORY: 3,
    pages.FILTERED: 4,
    pages.PRODUCT: 12,
    pages.SEARCH: 4,
    pages.SUGGEST: 5,
}
#: Of putting the first piece into a basket, those that read or write rows.
ADDING = 10
#: Tables with rows for each piece, and steps of queries that read one of them whole.
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
#: Pieces of both catalogues fill every page with cards and have prices that will change.
FEW, MANY = 250, 750


# Inside a transaction nothing is remembered, so the test has none around it.
@pytest.mark.django_db(transaction=True)
def test_pages_take_these_queries_whatever_the_size_of_the_catalogue(site_root, client, process):
    call_command("load_demo", "--no-renditions", "-v0")

    for size in (FEW, MANY):
        generate_catalogue(size, at=timezone.now())
        pretend_rendered()
        found = pages.find_pages()
        counts, changed = {}, {}
        for name in (name for name in QUERIES if name != pages.BASKET):
            counts[name] = queries_of(client, found[name])
        for name in pages.KEPT:
            changed[name] = queries_after_a_change(client, found[name])
        for addition in pages.pieces_to_buy(3):
            assert send(client, addition).status_code == 302
        counts[pages.BASKET] = queries_of(client, found[pages.BASKET])
        client.cookies.clear()
        added = [count_of_adding(Client(), found[pages.ADD]) for _time in range(2)]

        assert added[1] == ADDING
        assert not READ_WHOLE, READ_WHOLE
        assert counts == QUERIES, f"with {size} pieces: {counts}"
        assert changed == AFTER_A_CHANGE, f"with {size} pieces: {changed}"


def queries_of(client, request):
    """Queries of a page that a warm process renders."""
    assert send(client, request).status_code == 200
    return _count(client, request)


def queries_after_a_change(client, request):
    """Queries of a page once the price of the first piece that it shows has changed."""
    shown = CARD.search(send(client, request).content.decode())
    piece = int(shown[1]) if shown else pages.shown_product().pk
    if request.path == pages.find_pages()[pages.PRODUCT].path:
        piece = pages.shown_product().pk
    change_price(piece, 1)
    return _count(client, request)


def _count(client, request):
    with CaptureQueriesContext(connection) as captured:
        send(client, request)
    if connection.vendor == "sqlite":  # MariaDB reads a small table whole because it is small.
        READ_WHOLE.extend(row for query in captured for row in tables_read_whole(query["sql"]))
    return len(captured)


def count_of_adding(client, request):
    with CaptureQueriesContext(connection) as captured:
        assert send(client, request).status_code == 302
    return sum(query["sql"].startswith(("SELECT", "INSERT", "UPDATE")) for query in captured)


def tables_read_whole(sql):
    """Of the tables that grow with the catalogue, those that SQLite plans to read from end to end."""
    if not sql.startswith("SELECT"):
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql.replace('%', '%%')}")
        plan = [row[-1] for row in cursor.fetchall()]
    scans = [step for step in plan if step.startswith("SCAN ")]
    if " LIMIT " in sql:  # An order is followed along its index, as far as it is needed.
        scans = [step for step in scans if " INDEX " not in step]
    return [f"{step}: {sql[:300]}" for step in scans if step.split()[1] in GROWING]


def send(client, request):
    headers = {name: value for name, value in request.headers if name != "Content-Type"}
    if request.method == "POST":
        return client.post(request.path, dict(parse_qsl(request.body)), headers=headers)
    return client.get(request.path, headers=headers)
