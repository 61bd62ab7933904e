"""Imports that meet the unexpected: rows that fail, orders made meanwhile, stale pages."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook
from oscar.core.loading import get_model

from commerce.imports.cells import moment_in
from commerce.imports.kinds.products import ProductKind
from commerce.imports.runs import (
    ImportRefused,
    cancel,
    continue_run,
    create_run,
    finish,
    start_check,
    start_import,
    start_undo,
)
from commerce.models import ImportRun
from tests.commerce.imports.test_export import outcomes, run_file
from tests.commerce.imports.test_import_runs import checked, simple
from tests.factories import make_order, make_user

pytestmark = pytest.mark.django_db
Product = get_model("catalogue", "Product")


def breaks_on(monkeypatch, function, identity):
    """Make a function of the products fail for one record."""
    own = getattr(ProductKind, function)

    def failing(self, records, *rest):
        found = [getattr(record, "record", record).identity for record in records]
        if identity in found:
            raise ValueError("a bug")
        return own(self, records, *rest)

    monkeypatch.setattr(ProductKind, function, failing)


def test_all_rows_or_none_is_undone_if_a_row_cannot_be_saved(shop, monkeypatch):
    run = checked(simple(4), policy="all")
    breaks_on(monkeypatch, "write", "S2")

    start_import(run.pk)
    run = finish(run.pk)

    assert (run.state, run.message) == ("undone", "A row was refused, so no row is imported.")
    assert not Product.objects.exists()


def test_record_that_cannot_be_compared_is_refused_alone(shop, monkeypatch):
    breaks_on(monkeypatch, "plan", "S1")

    run = run_file(simple(3))

    assert outcomes(run) == {"S0": "new", "S1": "refused", "S2": "new"}
    assert run.rows.get(identity="S1").problems[0][2] == (
        "The row could not be read; the log says why."
    )


def test_undo_leaves_a_product_whose_new_variant_was_ordered(shop):
    heading = b"sku,product,title,price,stock,option:Size\n"
    shirt = b"S,shirt,Shirt,9,5,S\n"
    run_file(heading + shirt)
    run = run_file(heading + shirt + b"M,shirt,Shirt,9,5,M\n")
    medium = Product.objects.get(upc="M")
    make_order(medium)

    start_undo(run.pk)
    run = finish(run.pk)

    assert run.rows.get(outcome="changed").step == "left"
    assert Product.objects.filter(pk=medium.pk).exists()


def test_settings_of_an_import_that_has_begun_stay(client, shop):
    client.force_login(make_user("staff@example.com", is_staff=True, is_superuser=True))
    run = checked(simple(2), policy="all", decimal=".")
    start_import(run.pk)

    page = client.post(
        reverse("staff-import-settings", args=[run.pk]),
        {"profile": "plain", "policy": "good", "decimal": ",", "untracked_stock": "7"},
        follow=True,
    )

    assert "its settings stay as they are" in page.text
    run.refresh_from_db()
    assert (run.options["policy"], run.options["decimal"]) == ("all", ".")


def test_import_whose_check_was_cancelled_does_not_begin(shop):
    run = create_run(
        kind="products", profile="plain", file_name="x.csv", data=[simple(2)], user=None,
        options={},
    )  # fmt: skip
    start_check(run.pk)
    cancel(run.pk)
    run = finish(run.pk)
    assert run.state == "cancelled"

    with pytest.raises(ImportRefused, match="check was cancelled"):
        start_import(run.pk)


def test_undo_waits_while_a_later_import_writes(shop):
    first = run_file(simple(2))
    second = checked(simple(2, price="6.00"))
    ImportRun.objects.filter(pk=second.pk).update(
        state="running",
        started_at=timezone.now(),
        lease_until=timezone.now() + timedelta(minutes=1),
    )

    start_undo(first.pk)

    assert not continue_run(first.pk, seconds=60)
    assert Product.objects.count() == 2


def test_last_day_of_all_means_no_end():
    assert moment_in("9999-12-31", is_end=True).year == 9999
    assert moment_in("2026-12-24", is_end=True).day == 25


@pytest.mark.parametrize("has_entity", [False, True])
def test_spreadsheet_with_entities_is_refused(shop, has_entity):
    """Without the entity, the same file is imported."""
    book = Workbook()
    for row in (("sku", "title", "price"), ("A", "Cup", 2.5)):
        book.active.append(row)
    plain, changed = io.BytesIO(), io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            if has_entity and name == "xl/worksheets/sheet1.xml":
                _declaration, bracket, rest = text.partition("<worksheet")
                text = f'<!DOCTYPE worksheet [<!ENTITY a "aaaa">]>{bracket}{rest}'
            new.writestr(name, text)

    run = run_file(changed.getvalue(), name="x.xlsx")

    assert (run.state == "failed") is has_entity
    assert ("not a readable XLSX file" in run.message) is has_entity
