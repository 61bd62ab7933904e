"""What imports cost: queries by the size of a batch, reading by the size of a file, sizes of batches."""

import io
import time
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import Workbook
from oscar.core.loading import get_model

from commerce.imports import processing, runs, tables
from commerce.imports.kinds.base import kinds
from commerce.imports.reading import records_of
from commerce.imports.runs import (
    continue_run,
    create_run,
    finish,
    start_check,
    start_import,
    start_undo,
)
from commerce.imports.tables import read_table
from commerce.index.photographs import after_others, render_photo_task
from commerce.models import AuditEntry, ImportRun
from tests.commerce.imports.files import as_csv
from tests.commerce.imports.test_export import run_file
from tests.factories import make_user

pytestmark = pytest.mark.django_db
#: Most queries for each product that is undone, with its variants.
QUERIES_OF_UNDOING = 3
#: A row of each kind; "%d" is its number.
ROWS = {
    "products": {"sku": "S%d", "title": "Item %d", "price": "5.00", "barcode": "", "weight_g": "3",
                 "option:Size": "M", "attribute:Width": "3"},
    "stock": {"sku": "OLD%d", "price": "6.00", "stock": "%d"},
    "customers": {"email": "u%d@example.com", "first_name": "N%d", "line1": "Lane %d", "city": "Wells",
                  "postcode": "NR23 1AH", "country": "GB", "phone": "01328 710000"},
    "orders": {"number": "N%d", "date": "2024-05-01", "email": "u%d@example.com", "quantity": "1",
               "unit_price": "5.00", "sku": "OLD%d", "item": "Old %d"},
    "reviews": {"product": "OLD%d", "score": "5", "title": "Fine", "body": "Well", "name": "U%d"},
    "vouchers": {"code": "V%d", "discount": "10%"},
    "redirects": {"old_path": "/x%d", "target": "OLD%d"},
    "pages": {"link": "https://old.example/p%d", "title": "Page %d", "content": "<p>Text</p>"},
}  # fmt: skip


def rows_of(kind, count):
    return as_csv(
        ROWS[kind],
        [{k: v.replace("%d", str(n)) for k, v in ROWS[kind].items()} for n in range(count)],
    )


def run_of(kind, content):
    run = create_run(
        kind=kind, profile="plain", file_name="x.csv", data=[content], user=None,
        options={"pictures": "none"},
    )  # fmt: skip
    run.options["mapping"] = {name: name for name in ROWS[kind]}
    run.save()
    return run


def queries_of_a_plan(kind, count):
    records, _ignored = records_of(run_of(kind, rows_of(kind, count)))
    assert not any(record.problems for record in records)
    with CaptureQueriesContext(connection) as queries:
        kinds()[kind].plan(records, None)
    assert not any(record.problems for record in records)
    return [one["sql"][:90] for one in queries]


def test_every_kind_has_a_row():
    assert ROWS.keys() == kinds().keys()


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize("kind", ROWS)
def test_queries_do_not_grow_with_the_batch(shop, site_root, kind, is_known):
    old = [{"sku": f"OLD{n}", "title": f"Old {n}", "price": "5.00"} for n in range(40)]
    run_file(as_csv(("sku", "title", "price"), old))
    if is_known:
        run = run_file(rows_of(kind, 40), kind=kind, pictures="none")
        assert run.rows.filter(outcome="refused").count() == 0

    few, many = queries_of_a_plan(kind, 3), queries_of_a_plan(kind, 40)

    assert len(many) == len(few), many


def test_page_reads_only_the_first_rows(shop, client, monkeypatch):
    """A page parses neither the 90,000 rows of a CSV file nor those of a spreadsheet."""
    client.force_login(make_user("staff@example.com", is_staff=True, is_superuser=True))
    rows, row_of = [], tables._row

    def counted(*args):
        rows.append(1)
        return row_of(*args)

    monkeypatch.setattr(tables, "_row", counted)
    content = b"sku,title,price\n" + b"A,Cup,5\n" * 2_000
    run = run_of("products", content)

    page = client.get(reverse("staff-import-settings", args=[run.pk]))

    assert page.status_code == 200
    assert 0 < len(rows) <= 200


def test_first_rows_of_a_spreadsheet():
    book = Workbook()
    for n in range(50):
        book.active.append(["sku", n] if n == 0 else ["A", n])
    file = io.BytesIO()
    book.save(file)

    assert len(read_table(file.getvalue(), "x.xlsx", most=7).rows) == 7
    assert len(read_table(file.getvalue(), "x.xlsx").rows) == 49


def test_slice_begins_when_the_file_is_read(shop, monkeypatch):
    """A file that takes longer to read than a slice lasts is imported in more than single batches."""
    run = run_of("products", rows_of("products", 12))
    start_check(run.pk)
    run = finish(run.pk)
    start_import(run.pk)
    clock, read = [0.0], processing.records_of

    def slowly(run):
        clock[0] += 100
        return read(run)

    monkeypatch.setattr(processing, "records_of", slowly)
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(processing, "FIRST", 3)
    monkeypatch.setattr(processing, "MOST", 3)

    continue_run(run.pk, seconds=20)

    run.refresh_from_db()
    assert (run.state, run.cursor) == ("done", 12)


def test_next_slice_continues_with_the_same_size(shop, monkeypatch):
    run = run_of("products", rows_of("products", 60))
    start_check(run.pk)
    run = finish(run.pk)
    start_import(run.pk)
    sizes, write = [], processing._write_once

    def counted(work, plans):
        sizes.append(len(plans))
        write(work, plans)

    monkeypatch.setattr(processing, "_write_once", counted)
    monkeypatch.setattr(processing, "FIRST", 5)
    monkeypatch.setattr(processing, "TARGETS", {connection.vendor: 1000})
    monkeypatch.setattr(runs, "SLICE", 0.0)
    enqueued = []
    monkeypatch.setattr(runs, "enqueue_on_commit", lambda task, *args: enqueued.append(args))

    size = 0
    for _slice in range(3):
        runs.continue_import_task.call(run.pk, size)
        size = enqueued[-1][1] if len(enqueued[-1]) > 1 else 0

    # A slice lasts as long as reading the file at least, so on a busy machine it may write twice.
    assert len(sizes) >= 3
    assert sizes == [5, 10, 20, 25][: len(sizes)]
    assert ImportRun.objects.get().cursor == sum(sizes)


def test_others_get_the_lock_between_batches(shop, monkeypatch):
    pauses = []
    monkeypatch.setattr(processing, "_let_others_write", lambda: pauses.append(1))
    monkeypatch.setattr(processing, "TARGETS", {connection.vendor: 1000})
    monkeypatch.setattr(processing, "FIRST", 2)
    monkeypatch.setattr(processing, "MOST", 2)

    run = run_file(rows_of("products", 6), pictures="none")
    assert len(pauses) == 3
    start_undo(run.pk)
    finish(run.pk)

    assert len(pauses) == 6


def queries_of_an_undo(count, monkeypatch):
    """The queries that undo so many new products with two variants each, in one batch."""
    rows = [
        {"product": f"p{n}", "sku": f"P{n}-{size}", "title": f"Item {n}", "price": "5.00",
         "option:Size": size}
        for n in range(count) for size in "SM"
    ]  # fmt: skip
    run = run_file(as_csv(rows[0], rows), pictures="none")
    monkeypatch.setattr(processing, "FIRST", 400)
    start_undo(run.pk)
    with CaptureQueriesContext(connection) as queries:
        finish(run.pk)
    return [one["sql"][:90] for one in queries]


def test_undo_needs_few_queries_for_each_product(shop, monkeypatch):
    """Beside those of each batch. Deleting product by product took 93."""
    few, many = queries_of_an_undo(5, monkeypatch), queries_of_an_undo(25, monkeypatch)

    assert not get_model("catalogue", "Product").objects.exists()
    assert (len(many) - len(few)) / 20 <= QUERIES_OF_UNDOING, many


def test_undo_logs_each_deleted_stock_record_by_its_name(shop):
    user = make_user("staff@example.com", is_staff=True, is_superuser=True)
    run = run_file(b"sku,title,price\nA,Cup,5\nB,Pot,6\n", pictures="none", user=user)
    start_undo(run.pk, user=user)
    finish(run.pk)

    entries = AuditEntry.objects.filter(kind="partner.stockrecord", act=AuditEntry.Act.DELETED)
    found = {entry.changes["price"][0]: entry.about for entry in entries}
    assert found.keys() == {"5.00", "6.00"}
    assert "Cup" in found["5.00"]
    assert "Pot" in found["6.00"]
    partner = get_model("partner", "Partner").objects.get()
    assert {entry.changes["partner"][0] for entry in entries} == {str(partner)}
    assert {entry.user for entry in entries} == {user}


@pytest.mark.parametrize(
    ("vendor", "is_within", "pauses"),
    [("sqlite", False, [processing.PAUSE]), ("sqlite", True, []), ("mysql", False, [])],
)
def test_only_sqlite_needs_a_pause(monkeypatch, vendor, is_within, pauses):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    fake = SimpleNamespace(vendor=vendor, in_atomic_block=is_within)
    monkeypatch.setattr(processing, "connection", fake)

    processing._let_others_write()

    assert slept == pauses


def test_photographs_are_rendered_after_everything_else(monkeypatch):
    assert after_others(render_photo_task).priority < 0
    backend = SimpleNamespace(supports_priority=False)
    monkeypatch.setattr(type(render_photo_task), "get_backend", lambda self: backend)

    assert after_others(render_photo_task) is render_photo_task
