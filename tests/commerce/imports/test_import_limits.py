"""Small files that would need much time or memory, and runs that no worker can finish."""

import io
import re
import time
import zipfile
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.xml.constants import SHEET_MAIN_NS

from commerce.imports import pictures, processing, tables, workbook
from commerce.imports.cells import CellError, decimal_of, number_in
from commerce.imports.fetching import FetchError
from commerce.imports.pictures import Archive
from commerce.imports.runs import cancel, continue_run, create_run, start_check, start_import
from commerce.imports.tables import TableError, read_table
from commerce.models import ImportRun
from tests.commerce.imports.files import archive_of, as_csv, picture
from tests.commerce.imports.test_export import run_file
from tests.commerce.imports.test_import_runs import checked, simple

SHEET = "xl/worksheets/sheet1.xml"


def spreadsheet(rows, **parts):
    """An XLSX file of rows; ``parts`` are functions that change the text of a part, by its stem."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    made, changed = io.BytesIO(), io.BytesIO()
    book.save(made)
    with (
        zipfile.ZipFile(made) as source,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            text = source.read(name).decode()
            change = parts.get(name.rsplit("/", 1)[-1].removesuffix(".xml"), str)
            target.writestr(name, change(text))
    return changed.getvalue()


def last_row_is(number):
    """Change the number of a sheet's last row, and of its cells."""

    def change(text):
        place = text.rindex("<row ")
        end = re.sub(r' r="([A-Z]*)\d+"', rf' r="\g<1>{number}"', text[place:])
        return text[:place] + end

    return change


# --- Spreadsheets ---------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [[("sku", "title"), ("A", "Cup")], [("sku", "title")]])
def test_row_with_a_huge_number(rows):
    content = spreadsheet(rows, sheet1=last_row_is(2_000_000_000))
    started = time.monotonic()

    with pytest.raises(TableError, match="more than 100000 empty rows in succession"):
        read_table(content, "x.xlsx", most=200)
    assert time.monotonic() - started < 10


def test_some_empty_rows_are_skipped():
    content = spreadsheet([("sku", "title"), ("A", "Cup")], sheet1=last_row_is(5_000))

    (row,) = read_table(content, "x.xlsx").rows
    assert (row.line, row["sku"]) == (5_000, "A")


def test_sheet_with_more_rows_than_excel_has(monkeypatch):
    monkeypatch.setattr(tables, "MAX_SHEET_ROWS", 3)

    assert len(read_table(spreadsheet([["sku"], ["A"], ["B"]]), "x.xlsx").rows) == 2
    with pytest.raises(TableError, match="more than 3 rows. Split"):
        read_table(spreadsheet([["sku"], ["A"], ["B"], ["C"]]), "x.xlsx")


def test_sheet_whose_rows_are_filled_up_to_a_distant_cell(monkeypatch):
    monkeypatch.setattr(tables, "MAX_SHEET_CELLS", 1_000)
    content = spreadsheet([["sku"], ["A", *[None] * 998, "x"]])

    with pytest.raises(TableError, match="more than 1000 cells"):
        read_table(content, "x.xlsx")


def test_size_that_a_sheet_claims_fills_no_rows(monkeypatch):
    monkeypatch.setattr(tables, "MAX_SHEET_CELLS", 1_000)
    content = spreadsheet(
        [["sku"], ["A"]],
        sheet1=lambda text: re.sub(
            r'<dimension ref="[^"]*"', '<dimension ref="A1:XFD1048576"', text
        ),
    )

    assert [row["sku"] for row in read_table(content, "x.xlsx").rows] == ["A"]


@pytest.mark.parametrize("part", ["styles", "workbook"])
def test_part_that_would_become_a_huge_tree(part):
    content = spreadsheet(
        [["sku"], ["A"]], **{part: lambda text: text.replace("</", "<a/>" * 600_000 + "</", 1)}
    )
    assert len(content) < 50_000

    with pytest.raises(TableError, match=rf"“xl/{part}.xml” is larger than 2 MB"):
        read_table(content, "x.xlsx")


def with_shared_texts(texts):
    """A spreadsheet of the columns "sku" and "title" whose texts are these ``<si>`` elements."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    part = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    cell = 't="inlineStr"><is><t>{}</t></is>'
    content = spreadsheet(
        [["sku", "title"], ["0", "1"]],
        sheet1=lambda text: re.sub(
            cell.format(r"(\d)"), r't="s"><v>\1</v>', text.replace("</row>", "<a/></row>")
        ),
        **{"[Content_Types]": lambda text: text.replace("</Types>", part)},
    )
    changed = io.BytesIO(content)
    with zipfile.ZipFile(changed, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{SHEET_MAIN_NS}">{texts}</sst>')
    return changed.getvalue()


def test_shared_texts_are_read_without_what_is_not_text():
    first = "<si><a><t>no</t></a><t>A-</t><rPh><t>no</t></rPh><phoneticPr/></si>"
    second = "<si><r><rPr><b/></rPr><t>Blue </t></r><b/><r><t>cup</t></r></si>"

    (row,) = read_table(with_shared_texts(first + second), "x.xlsx").rows

    assert (row["sku"], row["title"]) == ("A-", "Blue cup")
    assert row.surplus == 0


@pytest.mark.parametrize(
    ("place", "filling"),
    [
        ("<sheetData>", "<a/>{}<sheetData>"),
        ("<sheetData>", "<sheetData>{}"),
        ("</row>", "{}</row>"),
        ("</sheetData>", "</sheetData><mergeCells>{}</mergeCells>"),
    ],
)
def test_sheet_full_of_other_elements_is_refused(place, filling):
    content = spreadsheet(
        [["sku"], ["A"]],
        sheet1=lambda text: text.replace(place, filling.format("<a/>" * 3_000_000), 1),
    )
    assert len(content) < 50_000

    with pytest.raises(TableError, match=r"“xl/worksheets/sheet1.xml” is too complex"):
        read_table(content, "x.xlsx")


@pytest.mark.parametrize(
    "texts",
    [
        "<a/>" * 3_000_000,
        f"<si>{'<r><t/></r>' * 200_000}</si>",
        f"<si><t>{'x' * 30_000_000}</t></si>",
        f"<si><a b='{'x' * 30_000_000}'/></si>",
        "<a>" * 1_000,
    ],
    ids=["elements", "runs", "text", "attribute", "depth"],
)
def test_shared_texts_full_of_other_elements_are_refused(texts):
    content = with_shared_texts(texts)
    assert len(content) < 50_000

    with pytest.raises(TableError, match=r"“xl/sharedStrings.xml” is too complex"):
        read_table(content, "x.xlsx")


def test_shared_texts_have_a_limit_in_memory(monkeypatch):
    monkeypatch.setattr(workbook, "MAX_TEXTS", 20_000)
    texts = "<si><t>A</t></si><si><t>Cup</t></si>"
    assert len(read_table(with_shared_texts(texts), "x.xlsx").rows) == 1

    with pytest.raises(TableError, match="too complex"):
        read_table(with_shared_texts(texts + "<si/>" * 1_000), "x.xlsx")


def test_shared_texts_have_a_limit_in_number(monkeypatch):
    monkeypatch.setattr(workbook, "MAX_TEXT_COUNT", 3)
    texts = "<si><t>A</t></si><si><t>Cup</t></si>"
    assert len(read_table(with_shared_texts(texts + "<si/>"), "x.xlsx").rows) == 1

    with pytest.raises(TableError, match="too complex"):
        read_table(with_shared_texts(texts + "<si/>" * 2), "x.xlsx")


def test_file_of_many_rows_is_not_too_complex(monkeypatch):
    monkeypatch.setattr(workbook, "MAX_ITEM", workbook.CHUNK * 2)
    rows = [["sku", "title"], *([f"A{n}", "Cup"] for n in range(20_000))]

    assert len(read_table(spreadsheet(rows), "x.xlsx").rows) == 20_000


# --- Cells ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("filling", [" " * 199_000, "$" * 199_000, "'" * 199_000, "0" * 199_000])
def test_long_cell_is_no_number_at_once(filling):
    started = time.monotonic()

    with pytest.raises(CellError, match="is not a number"):
        number_in(f"1{filling}x", ".")
    assert decimal_of([f"1{filling},5x", "2,50"], "en-gb") == ","
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    "text",
    ["12.50", " 12.50\u00a0", "$12.50", "€ 12.50", "12.50 €", "EUR 12.50", "12.50EUR", "12.50 EUR"],
)
def test_currency_around_a_number(text):
    assert number_in(text, ".") == Decimal("12.50")


# --- Photographs ----------------------------------------------------------------------------------


def with_pictures(names):
    row = {"sku": "A", "title": "Cup", "price": "5", "images": " | ".join(names)}
    return as_csv(("sku", "title", "price", "images"), [row])


@pytest.mark.django_db
def test_photographs_of_one_product_have_a_limit(shop, monkeypatch):
    asked = []

    def fetch_all(urls, *, most):
        asked.extend(urls)
        return dict.fromkeys(urls, FetchError("Not here."))

    monkeypatch.setattr(pictures, "fetch_all", fetch_all)
    content = with_pictures([f"https://shop.example/{n}.jpg" for n in range(130)])
    run = run_file(content, pictures="web")

    assert len(asked) == 100
    remarks = [remark[2] for remark in run.rows.get().remarks]
    assert (
        "Only the first 100 photographs are imported; the file has 130 for this product." in remarks
    )


def test_photographs_in_memory_have_a_limit(monkeypatch):
    monkeypatch.setattr(pictures, "MAX_LOADED", 2_000)
    photo = picture(1)
    files = Archive(io.BytesIO(archive_of({f"{n}.jpg": photo for n in range(40)})))

    found = files.load([f"{n}.jpg" for n in range(40)])

    assert sum(isinstance(one, bytes) for one in found.values()) == 12
    assert "other photographs have more than 2.0" in found["39.jpg"]


def test_photograph_that_many_products_name_is_decoded_once(monkeypatch):
    decoded = []
    check = pictures.checked
    monkeypatch.setattr(pictures, "checked", lambda *args: decoded.append(args[1]) or check(*args))
    files = Archive(io.BytesIO(archive_of({"a/one.jpg": picture(1), "b.jpg": b"<svg/>"})))

    for name in ("a/one.jpg", "one.jpg", "ONE.JPG"):
        assert files.check(name) == ""
    assert "not a photo" in files.check("b.jpg")
    assert "not a photo" in files.check("B.jpg")
    assert len(decoded) == 2
    assert "has no file" in files.check("gone.jpg")


def test_url_finds_the_file_whose_folders_are_its_own():
    """WordPress names photographs alike in the folders of its months."""
    content = archive_of({
        "uploads/2023/01/front.jpg": picture(1), "uploads/2024/02/front.jpg": picture(2),
    })  # fmt: skip
    files, site = Archive(io.BytesIO(content)), "https://shop.example/wp-content"

    sources = [f"{site}/uploads/2024/02/front.jpg", f"{site}/uploads/2023/01/front.jpg"]
    assert list(files.load(sources).values()) == [picture(2), picture(1)]
    several = "The archive has several files “front.jpg”. Name the folder, too."
    assert files.check("front.jpg") == several
    assert "several files" in files.check(f"{site}/uploads/2025/03/front.jpg")


def test_directory_of_an_archive_is_not_read_if_it_is_large(monkeypatch):
    content = archive_of({f"{n}.jpg": b"" for n in range(300)})
    assert Archive(io.BytesIO(content)).check("7.jpg")

    monkeypatch.setattr(pictures, "MAX_DIRECTORY", 10_000)
    made = []
    monkeypatch.setattr(zipfile, "ZipInfo", lambda *args: made.append(args))
    with pytest.raises(TableError, match="too many files, or paths"):
        Archive(io.BytesIO(content))
    assert not made


# --- Runs -----------------------------------------------------------------------------------------


class Killed(BaseException):
    """As if the process were killed: nothing may handle it."""


def killed(*args, **kwargs):
    raise Killed


def lose_worker(run):
    """A worker takes the run over and is killed; its lease ends."""
    with pytest.raises(Killed):
        continue_run(run.pk, seconds=60)
    ImportRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def interrupted(monkeypatch, *, times):
    """A started import whose worker was killed several times."""
    run = checked(simple(2))
    start_import(run.pk)
    with monkeypatch.context() as patch:
        patch.setattr(processing, "records_of", killed)
        for _time in range(times):
            lose_worker(run)
    run.refresh_from_db()
    return run


@pytest.mark.django_db
def test_run_whose_file_kills_every_worker_fails(shop, monkeypatch):
    monkeypatch.setattr(processing, "records_of", killed)
    run = create_run(
        kind="products", profile="plain", file_name="x.csv", data=[simple(2)], user=None,
        options={},
    )  # fmt: skip
    start_check(run.pk)
    for _attempt in range(4):
        lose_worker(run)

    assert continue_run(run.pk, seconds=60) == 0
    run.refresh_from_db()
    assert run.state == "failed"
    assert run.message.startswith("The import was interrupted again and again without progress")

    start_check(run.pk)
    run.refresh_from_db()
    assert (run.state, run.takeovers) == ("checking", 0)


@pytest.mark.django_db
def test_progress_of_a_run_forgets_lost_workers(shop, monkeypatch):
    run = interrupted(monkeypatch, times=4)
    assert run.takeovers == 3

    ImportRun.objects.update(lease_until=None)  # released, not lost
    continue_run(run.pk, seconds=60)

    run.refresh_from_db()
    assert (run.state, run.takeovers) == ("done", 0)


@pytest.mark.django_db
def test_run_is_cancelled_before_its_file_is_read(shop, monkeypatch):
    run = interrupted(monkeypatch, times=1)
    monkeypatch.setattr(processing, "records_of", killed)

    cancel(run.pk)
    assert continue_run(run.pk, seconds=60) == 0

    run.refresh_from_db()
    assert run.state == "cancelled"
