"""Documents in the scripts of the world: shaped, in the right direction, nothing lost."""

import csv
import io

import pytest

from commerce.documents.pdf import render
from commerce.documents.spreadsheets import neutral_rows
from commerce.documents.text_runs import broken_rows, needs_layout, visual_runs
from commerce.documents.typefaces import FURTHER, SANS, letters_of, path_of
from tests.cases import rows_of as cases_of
from tests.pdf_text import glyph_rows, rows_of

NAMES = [row["name"] for row in cases_of("names.csv")]
LATIN = ("latin", frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz 0123456789,.()"))
ARABIC = ("arabic", frozenset("محدقالأشي "))
EMOJI = ("emoji", frozenset("🧡"))


def invoice_for(*name, title="Mug"):
    """The facts of an invoice whose only address has these lines."""
    line = {
        "title": title, "code": "SKU", "quantity": 1, "unit": "10.00", "rate": "20",
        "net": "8.33", "tax": "1.67", "gross": "10.00", "discount": "0.00", "key": "1",
    }  # fmt: skip
    return {
        "version": 1, "kind": "invoice", "number": "INV-1", "issued_on": "2026-11-29",
        "language": "en-gb", "shop": "Shop", "is_demo": False, "order": "1",
        "seller": {"name": "Shop", "address": [], "company_number": "", "vat_number": ""},
        "billed_to": list(name), "delivered_to": [], "ordered_on": "2026-11-29",
        "currency": "GBP", "lines": [line],
        "rates": [{"rate": "20", "net": "8.33", "tax": "1.67", "gross": "10.00"}],
        "net": "8.33", "tax": "1.67", "gross": "10.00",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_printed_whole_and_always_in_the_same_bytes(name):
    facts = invoice_for(name, title=name)
    pdf = render(facts)

    printed = next(row for row in rows_of(pdf)[6:] if row.strip())
    assert sorted(printed) == sorted(name)
    assert render(facts) == pdf


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        # The letters of a ligature and of a cluster keep their order: they are one glyph.
        ("محمد الأحمد", "دمحلأا دمحم"),
        ("דוד כהן", "ןהכ דוד"),
        ("Ada דוד כהן Marsh", "Ada ןהכ דוד Marsh"),
        ("דוד 12", "12 דוד"),
        ("สมชาย ใจดี", "สมชาย ใจดี"),
        ("김민준", "김민준"),
        ("Nguyễn Thị Ánh", "Nguyễn Thị Ánh"),
        ("Ada 🧡 Marsh", "Ada 🧡 Marsh"),
        ('=HYPERLINK("http://example.com")', '=HYPERLINK("http://example.com")'),
    ],
)
def test_name_reads_from_its_own_side(name, printed):
    assert printed in rows_of(render(invoice_for(name)))


def test_arabic_letters_are_joined():
    """The first, a middle and the last letter of a word are three shapes of the same letter."""
    joined, apart = (shapes_of("ب", name) for name in ("ببب", "ب ب ب"))

    assert (len(joined), len(apart)) == (3, 1)


def shapes_of(letter, name):
    """The glyphs that stand for a letter in a name."""
    rows = glyph_rows(render(invoice_for(name)))
    return {code for row in rows for code, letters in row if letters == letter}


def test_devanagari_conjunct_is_one_cluster():
    row = next(row for row in rows_of(render(invoice_for("शर्मा"))) if "श" in row)

    # The mark of a leading R stands above its letter's sign: it is drawn last, and read first.
    assert row == "शर्मा"


def test_emoji_newer_than_the_font_is_marked():
    assert "Ada ? Marsh" in rows_of(render(invoice_for("Ada \U0001faff Marsh")))


def test_invisible_signs_leave_no_question_mark():
    printed = rows_of(render(invoice_for("Ada ❤\ufe0f Marsh\u2069")))

    assert "Ada ❤ Marsh" in [row.translate({0xFE0F: "", 0x2069: ""}) for row in printed]


def test_shop_whose_name_is_hebrew_prints_it():
    facts = {**invoice_for("Ada"), "shop": "דוד כהן"}

    assert "ןהכ דוד" in rows_of(render(facts))


# --- Rows -----------------------------------------------------------------------------------------


def test_runs_are_in_the_order_from_left_to_right():
    runs = visual_runs("Ada محمد 🧡 أحمد Fen", [LATIN, ARABIC, EMOJI])

    shown = [(run.text, run.font, run.is_rtl) for run in runs if run.text.strip()]
    assert shown == [
        ("Ada ", "latin", False),
        ("أحمد", "arabic", True),
        ("🧡", "emoji", True),
        ("محمد ", "arabic", True),
        ("Fen", "latin", False),
    ]


def test_number_after_arabic_stands_to_its_left():
    runs = visual_runs("محمد 12", [LATIN, ARABIC])

    assert [run.text.strip() for run in runs] == ["12", "محمد"]


def test_long_text_wraps_in_the_order_of_reading():
    rows = broken_rows("aaa bb ccccccc d", 4, len)

    assert rows == ["aaa", "bb", "cccc", "ccc", "d"]
    assert broken_rows("", 4, len) == [""]


def test_mark_is_not_cut_off_its_letter():
    assert broken_rows("ดีดีดี", 4, len) == ["ดีดี", "ดี"]


def test_long_arabic_text_wraps_from_its_right_end():
    rows = rows_of(render(invoice_for("محمد " * 30)))
    arabic = [row for row in rows if "م" in row]

    assert len(arabic) > 1
    assert len(arabic[0]) >= len(arabic[-1])


@pytest.mark.parametrize("text", ["Ada Marsh", "Ångström £12.00 – ½", "김민준", "茶器", "Ελλάδα"])
def test_plain_text_is_drawn_as_before(text):
    assert not needs_layout(text)


def test_fonts_cover_what_the_documents_promise():
    scripts = {
        "Arabic": "م", "Hebrew": "ד", "Thai": "ส", "Devanagari": "र", "Korean": "김",
        "Bengali": "ক", "Tamil": "த", "Georgian": "ა", "Armenian": "ա", "Emoji": "🧡",
    }  # fmt: skip
    covered = frozenset().union(*(letters_of(path_of(name)) for name in (SANS, *FURTHER)))

    assert {name for name, letter in scripts.items() if letter not in covered} == set()


@pytest.mark.parametrize("name", NAMES)
def test_name_is_text_in_a_spreadsheet(name):
    output = io.StringIO()
    csv.writer(output).writerow([name])

    cell = next(csv.reader(neutral_rows([output.getvalue()])))[0]

    assert cell.removeprefix("'") == name
    assert not cell.startswith("=")
