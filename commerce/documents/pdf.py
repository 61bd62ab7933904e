"""Renders a document as PDF from its facts alone: the same facts give the same bytes.

Uses neither database nor request. Takes tens of milliseconds, so never call it in a transaction.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import format_currency
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commerce.documents.legal_notes import legal_notes
from commerce.documents.paper import INK, MARGIN, SOFT, WIDTH, Paper, title_of
from commerce.documents.typefaces import SERIF, fonts_for, replaced

#: (label, width in mm, alignment) of each column of a table.
Columns = Sequence[tuple[str, int, str]]


def render(facts: dict[str, Any]) -> bytes:
    """The PDF of a document. Characters without a glyph in any font become question marks."""
    paths, unprintable = fonts_for(facts)
    if unprintable:
        facts = replaced(facts, unprintable)
    with translation.override(facts["language"]):
        paper = Paper(facts, paths)
        paper.add_page()
        if facts["kind"] == "packing_slip":
            _write_packing_slip(paper, facts)
        else:
            _write_account(paper, facts)
        return bytes(paper.output())


# --- Parts that documents share -------------------------------------------------------------------


def _write_title(paper: Paper, facts: Mapping[str, Any]) -> None:
    paper.set_x(MARGIN)
    paper.pen(20, font=SERIF)
    paper.write_row(title_of(facts), height=10)
    paper.ln(3)


def _write_particulars(paper: Paper, pairs: Iterable[tuple[str, str]]) -> None:
    """Labels with their values, side by side."""
    pairs = [(label, value) for label, value in pairs if value]
    width, top = WIDTH / max(len(pairs), 1), paper.y
    for place, (label, value) in enumerate(pairs):
        paper.set_xy(MARGIN + place * width, top)
        paper.pen(7.5, colour=SOFT)
        paper.write_row(label, width=width - 3, height=4.2)
        paper.pen(9.5, bold=True)
        paper.write_row(value, width=width - 3, height=5)
    paper.set_xy(MARGIN, top + 14)


def _write_addresses(paper: Paper, columns: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Addresses side by side, each with its label."""
    width, top, end = WIDTH / 2, paper.y, paper.y
    for place, (label, rows) in enumerate((label, rows) for label, rows in columns if rows):
        paper.set_xy(MARGIN + place * width, top)
        paper.pen(7.5, colour=SOFT)
        paper.write_row(label, width=width - 6, height=4.6)
        paper.pen(9.5)
        for row in rows:
            for part in paper.rows_of(row, width - 6):
                paper.write_row(part, width=width - 6, height=4.8)
        end = max(end, paper.y)
    paper.set_xy(MARGIN, end + 8)


def _write_head(paper: Paper, columns: Columns) -> None:
    """The header of a table: ``columns`` are (label, width, align)."""
    paper.set_x(MARGIN)
    paper.pen(7.5, colour=SOFT)
    for place, (words, width, align) in enumerate(columns):
        is_last = place == len(columns) - 1
        paper.write_row(words, width=width, align=align, height=6, down=is_last)
    paper.rule(paper.y, colour=INK, thick=0.3)
    paper.set_xy(MARGIN, paper.y + 1.5)


def _write_line(
    paper: Paper, columns: Columns, values: Sequence[str], *, details: Iterable[str] = ()
) -> None:
    """One row of a table: the first column wraps, with ``details`` in small print below it."""
    gap, row, small = 4, 4.8, 4.2
    first = columns[0][1] - gap
    paper.pen(9)
    titles = paper.rows_of(values[0], first)
    paper.pen(7.5)
    notes = [part for detail in details for part in paper.rows_of(detail, first)]
    paper.room_for(len(titles) * row + len(notes) * small + 3)
    top = paper.y
    paper.pen(9)
    paper.set_xy(MARGIN, top)
    for part in titles:
        paper.write_row(part, width=first, height=row)
    paper.pen(7.5, colour=SOFT)
    for part in notes:
        paper.write_row(part, width=first, height=small)
    end = paper.y + 1.5
    paper.set_xy(MARGIN + columns[0][1], top)
    paper.pen(9)
    for value, (_words, width, align) in zip(values[1:], columns[1:], strict=True):
        paper.write_row(value, width=width, align=align, height=row, down=False)
    paper.rule(end)
    paper.set_xy(MARGIN, end + 1.5)


def _day(text: str) -> str:
    return date_format(date.fromisoformat(text), "DATE_FORMAT")


# --- Invoices and credit notes --------------------------------------------------------------------


def _write_account(paper: Paper, facts: Mapping[str, Any]) -> None:
    money = _money_in(facts)
    _write_title(paper, facts)
    is_credit = facts["kind"] == "credit_note"
    _write_particulars(
        paper,
        [
            (_("Number"), facts["number"]),
            (_("Date"), _day(facts["issued_on"])),
            (_("Order"), facts["order"]),
            (_("For invoice"), facts.get("invoice", ""))
            if is_credit
            else (_("Ordered on"), _day(facts["ordered_on"])),
        ],
    )
    _write_addresses(
        paper,
        [(_("Billed to"), facts["billed_to"]), (_("Delivered to"), facts["delivered_to"])],
    )
    if is_credit:
        _write_reason(paper, facts)
    _write_lines(paper, facts, money)
    _write_totals(paper, facts, money, is_credit=is_credit)
    _write_rates(paper, facts, money)
    _write_notes(paper, facts)


def _money_in(facts: Mapping[str, Any]) -> Callable[[str], str]:
    locale = translation.to_locale(facts["language"])

    def money(amount: str) -> str:
        text = format_currency(abs(Decimal(amount)), facts["currency"], locale=locale)
        return f"–{text}" if Decimal(amount) < 0 else text

    return money


def _write_reason(paper: Paper, facts: Mapping[str, Any]) -> None:
    paper.pen(9)
    text = _("This note refunds all or part of invoice %(number)s of %(day)s.")
    text = text % {"number": facts["invoice"], "day": _day(facts["invoiced_on"])}
    if facts["reason"]:
        text += " " + _("Reason: %(reason)s") % {"reason": facts["reason"]}
    for part in paper.rows_of(text, WIDTH):
        paper.write_row(part, height=4.8)
    paper.ln(4)


def _write_lines(paper: Paper, facts: Mapping[str, Any], money: Callable[[str], str]) -> None:
    columns = [
        (_("Description"), 70, "L"),
        (_("Quantity"), 16, "R"),
        (_("Each, incl. VAT"), 25, "R"),
        (_("VAT"), 13, "R"),
        (_("Net"), 22, "R"),
        (_("Total, incl. VAT"), 24, "R"),
    ]
    paper.head_of_table = lambda: _write_head(paper, columns)
    paper.head_of_table()
    for line in facts["lines"]:
        details = [line["code"]] if line["code"] else []
        if Decimal(line["discount"]):
            details.append(_("Discount %(amount)s") % {"amount": money("-" + line["discount"])})
        values = (
            line["title"],
            "" if line["quantity"] is None else str(line["quantity"]),
            money(line["unit"]) if line["unit"] else "",
            _rate(line["rate"]),
            money(line["net"]),
            money(line["gross"]),
        )
        _write_line(paper, columns, values, details=details)
    paper.head_of_table = None


def _rate(rate: str) -> str:
    return f"{Decimal(rate).normalize():f} %"


def _write_totals(
    paper: Paper, facts: Mapping[str, Any], money: Callable[[str], str], *, is_credit: bool
) -> None:
    left, width = MARGIN + 85, 85
    paper.room_for(30)
    paper.ln(2)
    total = _("Total refunded") if is_credit else _("Total")
    for label, amount in ((_("Net"), facts["net"]), (_("VAT"), facts["tax"])):
        paper.set_x(left)
        paper.pen(9, colour=SOFT)
        paper.write_row(label, width=width / 2, height=5.6, down=False)
        paper.pen(9)
        paper.write_row(money(amount), width=width / 2, align="R", height=5.6)
    top = paper.y + 1.5
    paper.rule(top, left=left, width=width, colour=INK, thick=0.3)
    paper.set_xy(left, top + 1.5)
    paper.pen(12, bold=True)
    paper.write_row(total, width=width / 2, height=8, down=False)
    paper.write_row(money(facts["gross"]), width=width / 2, align="R", height=8)
    paper.set_xy(MARGIN, paper.y + 6)


def _write_rates(paper: Paper, facts: Mapping[str, Any], money: Callable[[str], str]) -> None:
    """Net, VAT and gross by VAT rate."""
    columns = [(_("VAT rate"), 28, "L"), (_("Net"), 24, "R"), (_("VAT"), 24, "R"), (_("Gross"), 24, "R")]  # fmt: skip
    paper.room_for(12 + 6 * len(facts["rates"]))
    paper.set_x(MARGIN)
    paper.pen(7.5, colour=SOFT)
    for place, (words, width, align) in enumerate(columns):
        paper.write_row(words, width=width, align=align, height=5.5, down=place == 3)
    paper.rule(paper.y, width=100)
    paper.set_y(paper.y + 1)
    for row in facts["rates"]:
        values = (_rate(row["rate"]), money(row["net"]), money(row["tax"]), money(row["gross"]))
        paper.set_x(MARGIN)
        paper.pen(8.5)
        for place, (value, (_words, width, align)) in enumerate(zip(values, columns, strict=True)):
            paper.write_row(value, width=width, align=align, height=5.2, down=place == 3)


def _write_notes(paper: Paper, facts: Mapping[str, Any]) -> None:
    paper.ln(3)
    for note in legal_notes(facts):
        paper.set_x(MARGIN)
        paper.pen(8.5)
        for part in paper.rows_of(note, WIDTH):
            paper.room_for(5)
            paper.write_row(part, height=4.8)


# --- Packing slips --------------------------------------------------------------------------------


def _write_packing_slip(paper: Paper, facts: Mapping[str, Any]) -> None:
    _write_title(paper, facts)
    _write_particulars(
        paper,
        [
            (_("Number"), facts["number"]),
            (_("Date"), _day(facts["issued_on"])),
            (_("Order"), facts["order"]),
            (_("Carrier"), facts["carrier"]),
            (_("Tracking number"), facts["tracking_number"]),
        ],
    )
    _write_addresses(paper, [(_("Delivered to"), facts["delivered_to"])])
    columns = [(_("Item"), 100, "L"), (_("SKU"), 36, "L"), (_("Quantity"), 22, "R"), ("", 12, "R")]
    paper.head_of_table = lambda: _write_head(paper, columns)
    paper.head_of_table()
    for line in facts["lines"]:
        page, top = paper.page, paper.y
        _write_line(paper, columns, (line["title"], line["code"], str(line["quantity"]), ""))
        _draw_box(paper, top if page == paper.page else None)
    paper.head_of_table = None
    total = sum(line["quantity"] for line in facts["lines"])
    text = ngettext("%(count)d item in total", "%(count)d items in total", total)
    paper.room_for(10)
    paper.ln(2)
    paper.pen(9.5, bold=True)
    paper.write_row(text % {"count": total}, width=158, align="R", height=6)
    if facts["rest"]:
        _write_rest(paper, facts["rest"])


def _draw_box(paper: Paper, top: float | None) -> None:
    """A checkbox beside the row just written."""
    height = 3.4
    top = paper.y - 1.5 - 6.3 if top is None else top
    paper.set_draw_color(*SOFT)
    paper.set_line_width(0.25)
    paper.rect(MARGIN + WIDTH - height, top + 0.7, height, height)


def _write_rest(paper: Paper, rest: Iterable[Mapping[str, Any]]) -> None:
    paper.room_for(12)
    paper.ln(4)
    paper.pen(7.5, colour=SOFT)
    paper.write_row(_("Follows in another parcel"), height=5)
    for line in rest:
        paper.pen(9)
        rows = paper.rows_of(f"{line['quantity']} × {line['title']}", WIDTH)
        paper.room_for(4.8 * len(rows))
        paper.set_x(MARGIN)
        paper.pen(9)
        for part in rows:
            paper.write_row(part, height=4.8)
