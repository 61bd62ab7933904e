"""Runs: bad files, interrupted and concurrent runs, policies, undoing what was not changed since."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from openpyxl import Workbook
from oscar.core.loading import get_model

from commerce.imports import processing
from commerce.imports.kinds.products import ProductKind
from commerce.imports.records import ProductRecord
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
from commerce.index.refresh import broken_listings
from commerce.models import AuditEntry, ImportRun, StockChange
from tests.commerce.imports.files import archive_of, as_csv, picture
from tests.commerce.imports.test_export import outcomes, run_file
from tests.factories import make_order, make_product, make_user, make_variants

pytestmark = pytest.mark.django_db
Product = get_model("catalogue", "Product")
StockRecord = get_model("partner", "StockRecord")


def reasons(run):
    return {
        row.line: [tuple(problem[1:]) for problem in row.problems]
        for row in run.rows.filter(outcome="refused")
    }  # fmt: skip


def simple(count, price="5.00"):
    rows = [{"sku": f"S{n}", "title": f"Item {n}", "price": price} for n in range(count)]
    return as_csv(("sku", "title", "price"), rows)


def checked(content, **options):
    run = create_run(
        kind="products", profile="plain", file_name="x.csv", data=[content], user=None,
        options=options,
    )  # fmt: skip
    start_check(run.pk)
    return finish(run.pk)


# --- Bad files ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "profile", "message"),
    [
        (b"", "plain", "The file is empty."),
        (b"sku,title\n", "plain", "The file has a heading but no rows."),
        (b"\n\n", "plain", "The file is empty."),
        (b"sku,sku\nA,B\n", "plain", "The column “sku” appears twice. Rename or remove one."),
        ("Tür,x\nÄ,1\n".encode("cp1252"), "plain", "Line 1 is not encoded as UTF-8."),
        (b"Title,Variant Price\nCup,1\n", "shopify", "The column “Handle” is missing."),
        (b"PK\x03\x04broken", "plain", "This is not a readable XLSX file."),
        (b"\xd0\xcf\x11\xe0old", "plain", "This is an old Excel file (.xls)."),
        (bytes(range(256)) * 40, "plain", "This is not a CSV or XLSX file."),
        (b"sku,title\nA,Cup\x00\n", "plain", "This is not a CSV or XLSX file."),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "plain", "This is not a CSV or XLSX file."),
        (picture(1), "plain", "This is not a CSV or XLSX file."),
        ("sku\nA\x00\n".encode("utf-16"), "plain", "This is not a CSV or XLSX file."),
    ],
)
def test_unreadable_file_fails_with_a_sentence(shop, content, profile, message):
    run = run_file(content, profile=profile)

    assert run.state == "failed"
    assert message in run.message
    assert not Product.objects.exists()


def test_zip_bomb_as_spreadsheet(shop):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(9):
            archive.writestr(f"xl/{n}.xml", b"0" * 50_000_000)

    run = run_file(file.getvalue(), name="bomb.xlsx")

    assert "unpack to more than 400 MB" in run.message


def test_formula_in_a_spreadsheet_is_refused_and_in_text_is_text(shop):
    book = Workbook()
    for row in (("sku", "title", "price"), ("A", "Cup", "=1+1"), ("B", "Pot", 2.5)):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)

    run = run_file(file.getvalue(), name="x.xlsx")

    assert ("price", "The cell contains a formula. Save it as a value.") in reasons(run)[2]
    assert outcomes(run)["B"] == "new"
    run_file(b"sku,title,price\nC,=1+1,2\n")
    assert Product.objects.get(upc="C").title == "=1+1"


@pytest.mark.parametrize(
    ("price", "reason"),
    [
        ("0", "The price is 0. Tick “Allow a price of 0” to sell the product for free."),
        ("-5", "A price cannot be negative: -5."),
        ("1e9", "“1e9” is not a number."),
        ("1000000000", "The price 1000000000 is above 99999999.99."),
        ("2,95", "“2,95” is not a number with the decimal separator “.”."),
        ("1.234", "The price 1.234 has more than two decimals."),
        ("NaN", "“NaN” is not a number."),
        ("١٢", "“١٢” is not a number."),
        ("=2", "“=2” is not a number."),
    ],
)
def test_prices_that_are_refused(shop, price, reason):
    content = as_csv(("sku", "title", "price"), [{"sku": "A", "title": "Cup", "price": price}])

    assert reasons(run_file(content, decimal=".")) == {2: [("price", reason)]}


@pytest.mark.parametrize(
    ("price", "decimal", "value"),
    [
        ("2,95", ",", "2.95"), ("2,95", "", "2.95"), ("1.234,5", ",", "1234.50"),
        ("1,234.50", ".", "1234.50"), ("£ 12.00", "", "12.00"), ("12 EUR", "", "12.00"),
        ("1 234,00", "", "1234.00"), ("1'234.00", "", "1234.00"),
    ],
)  # fmt: skip
def test_prices_that_are_understood(shop, price, decimal, value):
    content = as_csv(("sku", "title", "price"), [{"sku": "A", "title": "Cup", "price": price}])
    run_file(content, decimal=decimal)

    assert str(StockRecord.objects.get().price) == value


def test_attribute_of_an_unknown_or_impossible_type(shop):
    kind = get_model("catalogue", "ProductClass").objects.create(name="Cup")
    kind.attributes.create(code="leaflet", name="Leaflet", type="file")
    kind.attributes.create(code="litres", name="Litres", type="float")
    header = (
        "sku",
        "title",
        "type",
        "attribute:Leaflet",
        "attribute:Litres",
        "attribute:X:furlong",
    )
    rows = [
        {"sku": "A", "title": "Cup", "type": "Cup", "attribute:Leaflet": "a.pdf"},
        {"sku": "B", "title": "Cup", "type": "Cup", "attribute:Litres": "much"},
        {"sku": "C", "title": "Cup", "type": "Cup", "attribute:X:furlong": "1"},
        {"sku": "D", "title": "Cup", "type": "Cup", "attribute:Litres": "0,5"},
    ]
    run = run_file(as_csv(header, rows))

    found = reasons(run)
    assert found[2][0][0] == "attribute:Leaflet"
    assert "which a file cannot contain" in found[2][0][1]
    assert found[3] == [("attribute:Litres", "“much” is not a number.")]
    assert "“furlong” is not a type of attributes" in found[4][0][1]
    assert Product.objects.get().attr.litres == 0.5


def test_one_broken_row_in_a_hundred(shop):
    rows = [
        {"sku": f"S{n}", "title": f"Item {n}", "price": "x" if n % 100 == 7 else "5"}
        for n in range(300)
    ]
    run = run_file(as_csv(("sku", "title", "price"), rows))

    assert run.state == "done"
    assert sorted(reasons(run)) == [9, 109, 209]
    assert Product.objects.count() == 297
    assert not list(broken_listings())


def test_all_rows_or_none(shop):
    content = b"sku,title,price\nA,Cup,5\nB,Pot,-1\n"
    run = checked(content, policy="all")

    with pytest.raises(ImportRefused, match="all rows or none"):
        start_import(run.pk)
    assert not Product.objects.exists()


def test_all_rows_or_none_is_undone_if_a_row_is_refused_later(shop, monkeypatch):
    monkeypatch.setattr(processing, "FIRST", 1)
    run = checked(simple(3), policy="all")
    assert run.state == "checked"
    # Meanwhile staff make a product with variants of the last SKU.
    parent = make_variants("Shirt", {"Size": ["S", "M"]})
    parent.children.filter(pk=parent.children.first().pk).update(upc="S2")
    parent.children.exclude(upc="S2").update(upc="S9")

    start_import(run.pk)
    run = finish(run.pk)

    assert run.state == "undone"
    assert not Product.objects.filter(title__startswith="Item").exists()


def test_archive_with_a_bomb_and_a_file_that_is_no_picture(shop):
    archive = archive_of(
        {"good.jpg": picture(1), "bad.jpg": b"<svg/>", "bomb.jpg": b"0" * 60_000_000}
    )
    rows = [{"sku": n, "title": n, "price": "5", "images": f"{n}.jpg"}
            for n in ("good", "bad", "bomb", "gone")]  # fmt: skip
    run = run_file(as_csv(("sku", "title", "price", "images"), rows), archive=archive)

    remarks = {row.identity: " ".join(r[2] for r in row.remarks) for row in run.rows.all()}
    assert remarks["good"] == ""
    assert "This is not a photo" in remarks["bad"]
    assert "would unpack to" in remarks["bomb"]
    assert "has no file “gone.jpg”" in remarks["gone"]
    assert Product.objects.count() == 4
    assert get_model("catalogue", "ProductImage").objects.count() == 1


def test_url_names_a_file_of_the_archive(shop):
    """Shopify's file has URLs, also for those who have the photographs in an archive."""
    url = "https://cdn.example.com/s/files/1/0/products/Linen%20shirt.jpg?v=1"
    rows = [
        {"Handle": "shirt", "Title": "Shirt", "Variant SKU": "A", "Variant Price": "5",
         "Image Src": url},
        {"Handle": "gone", "Title": "Gone", "Variant SKU": "B", "Variant Price": "5",
         "Image Src": "https://cdn.example.com/gone.jpg?v=2"},
    ]  # fmt: skip
    content = as_csv(("Handle", "Title", "Variant SKU", "Variant Price", "Image Src"), rows)

    archive = archive_of({"photos/linen shirt.jpg": picture(1)})
    run = run_file(content, profile="shopify", archive=archive)

    remarks = {row.identity: [remark[2] for remark in row.remarks] for row in run.rows.all()}
    assert remarks["shirt"] == []
    assert "has no file “https://cdn.example.com/gone.jpg?v=2”" in remarks["gone"][0]
    assert get_model("catalogue", "ProductImage").objects.get().product.upc == "A"


# --- Interrupted and concurrent runs --------------------------------------------------------------


def test_killed_run_continues_where_it_stopped(shop, monkeypatch):
    monkeypatch.setattr(processing, "FIRST", 10)
    monkeypatch.setattr(processing, "MOST", 10)
    run = checked(simple(35))
    start_import(run.pk)
    write, calls = ProductKind.write, []

    class Killed(BaseException):
        """As if the process were killed: nothing may handle it."""

    def dies_in_the_third_batch(self, plans):
        write(self, plans)
        calls.append(len(plans))
        if len(calls) == 3:
            raise Killed

    monkeypatch.setattr(ProductKind, "write", dies_in_the_third_batch)
    with pytest.raises(Killed):
        continue_run(run.pk, seconds=60)
    assert Product.objects.count() == 20
    run.refresh_from_db()
    assert (run.state, run.cursor) == ("running", 20)
    # Nobody else takes it over while its lease lasts.
    assert not continue_run(run.pk, seconds=60)
    assert Product.objects.count() == 20
    ImportRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    run = finish(run.pk)

    assert (run.state, run.cursor) == ("done", 35)
    assert Product.objects.count() == 35
    assert run.rows.filter(step="written").count() == 35


def test_worker_without_its_lease_writes_nothing(shop, monkeypatch):
    run = checked(simple(5))
    start_import(run.pk)
    advance = processing.Work.advance

    def lost(self, cursor, **fields):
        self.run.lease_key = "outdated"
        advance(self, cursor, **fields)

    monkeypatch.setattr(processing.Work, "advance", lost)
    assert not continue_run(run.pk, seconds=60)
    assert not Product.objects.exists()


def test_second_run_waits_for_the_first(shop):
    first, second = checked(simple(3)), checked(simple(3, price="6.00"))
    start_import(first.pk)
    start_import(second.pk)
    ImportRun.objects.filter(pk=first.pk).update(
        state="running", lease_until=timezone.now() + timedelta(minutes=1)
    )

    assert not continue_run(second.pk, seconds=60)
    second.refresh_from_db()
    assert second.state == "waiting"
    ImportRun.objects.filter(pk=first.pk).update(lease_until=None)
    assert finish(first.pk).state == "done"
    assert finish(second.pk).state == "done"

    assert {str(record.price) for record in StockRecord.objects.all()} == {"6.00"}
    assert set(outcomes(second).values()) == {"changed"}


def test_cancelled_run_keeps_what_it_wrote_and_continues(shop, monkeypatch):
    monkeypatch.setattr(processing, "FIRST", 2)
    monkeypatch.setattr(processing, "MOST", 2)
    run = checked(simple(6))
    start_import(run.pk)
    write = ProductKind.write

    def cancelled_meanwhile(self, plans):
        write(self, plans)
        ImportRun.objects.update(is_cancelling=True)

    with monkeypatch.context() as patch:
        patch.setattr(ProductKind, "write", cancelled_meanwhile)
        run = finish(run.pk)
    assert (run.state, Product.objects.count()) == ("cancelled", 2)

    start_import(run.pk)
    assert finish(run.pk).state == "done"
    assert Product.objects.count() == 6


def test_waiting_run_is_cancelled_at_once(shop):
    run = checked(simple(1))
    cancel(run.pk)
    run.refresh_from_db()
    assert run.state == "cancelled"
    with pytest.raises(ImportRefused, match="not possible now"):
        cancel(run.pk)


def test_row_that_cannot_be_saved_does_not_stop_the_others(shop, monkeypatch):
    write = ProductKind.write

    def refuses_one(self, plans):
        if any(plan.record.identity == "S1" for plan in plans):
            raise ValueError("a bug")
        write(self, plans)

    monkeypatch.setattr(ProductKind, "write", refuses_one)
    run = run_file(simple(4))

    assert outcomes(run) == {"S0": "new", "S1": "refused", "S2": "new", "S3": "new"}
    assert Product.objects.count() == 3


# --- Changes, histories and undoing ---------------------------------------------------------------


def test_change_is_shown_recorded_and_undone(shop):
    staff = make_user("merchant@example.com", is_staff=True, first_name="Mia", last_name="Moss")
    run_file(b"sku,title,price,stock\nA,Cup,5,3\nB,Pot,6,4\n")
    run = create_run(
        kind="products", profile="plain", file_name="x.csv", user=staff, options={},
        data=[b"sku,title,price,stock,description\nA,Cup,5.50,3,New\nB,Pot,6,4,\n"],
    )  # fmt: skip
    start_check(run.pk)
    run = finish(run.pk)
    row = run.rows.get(outcome="changed")
    assert (row.identity, row.before["description"], row.after["description"]) == ("A", "", "New")
    assert run.rows.get(identity="B").outcome == "unchanged"
    start_import(run.pk)
    finish(run.pk)

    entry = AuditEntry.objects.filter(kind="partner.stockrecord", act="changed").get()
    assert (entry.actor, entry.changes) == ("Mia Moss", {"price": ["5.00", "5.50"]})
    assert not StockChange.objects.filter(kind="imported").exists()
    assert StockChange.objects.filter(kind="created").count() == 2
    start_undo(run.pk)
    run = finish(run.pk)
    assert run.state == "undone"
    record = StockRecord.objects.get(partner_sku="A")
    assert (str(record.price), record.product.description) == ("5.00", "")
    assert not list(broken_listings())


def test_undo_leaves_what_was_changed_or_ordered_since(shop):
    run = run_file(simple(3))
    StockRecord.objects.filter(partner_sku="S1").update(num_in_stock=9)
    make_order(Product.objects.get(upc="S2"))

    start_undo(run.pk)
    run = finish(run.pk)

    assert dict(run.rows.values_list("identity", "step")) == {
        "S0": "undone", "S1": "left", "S2": "left"
    }  # fmt: skip
    assert not Product.objects.filter(upc="S0").exists()
    assert Product.objects.filter(upc__in=["S1", "S2"]).count() == 2


def test_stock_reserved_meanwhile_survives(shop):
    make_product("Moon vase", price="90.00", stock=5)
    StockRecord.objects.update(partner_sku="VASE", num_allocated=2)

    run_file(b"sku,stock\nVASE,9\nGONE,1\n", kind="stock")

    record = StockRecord.objects.get()
    assert (record.num_in_stock, record.num_allocated) == (9, 2)


def test_sku_of_two_products_is_refused(shop):
    run_file(b"sku,title,price\nA,Cup,5\nB,Pot,6\n")
    content = b"product,sku,title,price,option:Size\ncup,A,Cup,5,S\ncup,B,Cup,5,M\n"

    run = run_file(content)

    assert "belongs to another product" in str(reasons(run))


def test_import_that_was_undone_in_part_does_not_continue(shop, monkeypatch):
    monkeypatch.setattr(processing, "FIRST", 1)
    monkeypatch.setattr(processing, "MOST", 1)
    run = run_file(simple(3))
    start_undo(run.pk)
    revert = ProductKind.revert

    def cancelled_meanwhile(self, undone):
        ImportRun.objects.update(is_cancelling=True)
        return revert(self, undone)

    with monkeypatch.context() as patch:
        patch.setattr(ProductKind, "revert", cancelled_meanwhile)
        assert finish(run.pk).state == "cancelled"
    assert Product.objects.count() == 2

    with pytest.raises(ImportRefused, match="undone in part"):
        start_import(run.pk)
    start_undo(run.pk)
    assert finish(run.pk).state == "undone"
    assert not Product.objects.exists()


def test_command_takes_photographs_from_a_folder(shop, tmp_path, capsys):
    path, folder = tmp_path / "x.csv", tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "cup.jpg").write_bytes(picture(5))
    path.write_bytes(b"sku,title,price,images\nA,Cup,2.95,cup.jpg\n")

    call_command("import_file", path, "--pictures", folder)

    assert "1 new" in capsys.readouterr().out
    assert Product.objects.get().images.get().import_source.source == "cup.jpg"


def test_batches_hold_few_photographs():
    records = [ProductRecord(n, "", pictures=[None] * 15) for n in range(9)]
    assert [r.line for r in processing._with_few_pictures(records)] == [0, 1]
    assert len(processing._with_few_pictures([ProductRecord(0, "", pictures=[None] * 99)])) == 1


def test_command_imports_reports_and_undoes(shop, tmp_path, capsys):
    path, report = tmp_path / "x.csv", tmp_path / "report.csv"
    path.write_bytes(b"Artikel;title;price\nA;Cup;2,95\nB;Pot;x\n")

    call_command("import_file", path, "--map", "Artikel=sku", "--map", "title=title", "--map",
                 "price=price", "--report", report)  # fmt: skip

    out = capsys.readouterr().out
    assert "1 new, 0 changed, 0 unchanged, 1 refused" in out
    assert "“x” is not a number." in report.read_text("utf-8-sig")
    assert str(StockRecord.objects.get().price) == "2.95"
    call_command("import_file", "--undo", str(ImportRun.objects.get().pk))
    assert not Product.objects.exists()
