"""Renders a document as PDF from its facts alone: the same facts give the same bytes.

Uses neither database nor request. Takes tens of milliseconds, so never call it in a transaction.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from babel.numbers import format_currency
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.prefs import ViewerPreferences

from commerce.documents.text_runs import Font, Run, broken_rows, needs_layout, visual_runs
from commerce.documents.typefaces import SANS, SERIF, fonts_for, letters_of, path_of, replaced
from commerce.tax import Relief, rate_in

#: The storefront's light colours (static/css/tokens.css), on white paper.
INK, SOFT, LINE, WASH, WHITE = (
    (31, 35, 34), (95, 91, 84), (221, 213, 201), (247, 243, 237), (255, 255, 255),
)  # fmt: skip
#: (label, width in mm, alignment) of each column of a table.
Columns = Sequence[tuple[str, int, str]]
#: Millimetres on A4.
MARGIN, WIDTH, BOTTOM = 20, 170, 272


def render(facts: dict[str, Any]) -> bytes:
    """The PDF of a document. Characters without a glyph in any font become question marks."""
    paths, unprintable = fonts_for(facts)
    if unprintable:
        facts = replaced(facts, unprintable)
    with translation.override(facts["language"]):
        paper = _Paper(facts, paths)
        paper.add_page()
        if facts["kind"] == "packing_slip":
            _write_packing_slip(paper, facts)
        else:
            _write_account(paper, facts)
        return bytes(paper.output())


def title_of(facts: Mapping[str, Any]) -> str:
    """The type of the document as text."""
    return {
        "invoice": _("Invoice"),
        "credit_note": _("Credit note"),
        "packing_slip": _("Packing slip"),
    }[facts["kind"]]


class _Paper(FPDF):
    """Pages with the shop's header and footer, and rows that break across pages."""

    def __init__(self, facts: Mapping[str, Any], further_fonts: Iterable[str | Path]) -> None:
        super().__init__(format="A4", unit="mm")
        self.c_margin = 0
        self.facts = facts
        self.head_of_table: Callable[[], None] | None = None
        self.set_margins(MARGIN, 18, MARGIN)
        self.set_auto_page_break(False)
        self.add_font(SERIF, fname=path_of(SERIF))
        self.add_font(SANS, fname=path_of(SANS))
        self.add_font(SANS, "B", fname=path_of(f"{SANS}-bold"))
        self.fallbacks: list[Font] = [(SANS, letters_of(path_of(SANS)))]
        for path in further_fonts:
            self.add_font(Path(path).stem, fname=path)
            self.fallbacks.append((Path(path).stem, letters_of(path)))
        self.set_fallback_fonts([name for name, _letters in self.fallbacks], exact_match=False)
        day = date.fromisoformat(facts["issued_on"])
        self.set_creation_date(datetime.combine(day, time(12), tzinfo=UTC))
        self.set_lang(facts["language"])
        self.set_title(f"{title_of(facts)} {facts['number'] or facts['order']}")
        self.set_author(facts["seller"]["name"])
        self.set_creator(facts["shop"])
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)

    # --- Writing ---

    def pen(
        self,
        size: float,
        *,
        font: str = SANS,
        bold: bool = False,
        colour: tuple[int, int, int] = INK,
    ) -> None:
        """Set the font and colour of the following text."""
        self.set_font(font, "B" if bold else "", size)
        self.set_text_color(*colour)

    def write_row(
        self,
        text: str,
        *,
        width: float = 0,
        align: str = "L",
        height: float | None = None,
        down: bool = True,
    ) -> None:
        """Write one row of text, truncated to its width."""
        width, height = width or WIDTH, height or self.font_size * 1.45
        text = _shortened(self, text, width)
        if needs_layout(text):
            self._draw_runs(text, width=width, height=height, align=align)
            text = ""
        self.cell(
            width,
            height,
            text,
            align=align,
            new_x=XPos.LEFT if down else XPos.RIGHT,
            new_y=YPos.NEXT if down else YPos.TOP,
        )

    def _draw_runs(self, text: str, *, width: float, height: float, align: str) -> None:
        """Draw a text in other scripts, and go back to where it started."""
        left, top = self.x, self.y
        if align == "R":
            self.x += width - self.width_of(text)
        for run in self._runs(text):
            with self._shaping(run):
                self.cell(None, height, run.text, new_x=XPos.RIGHT, new_y=YPos.TOP)
        self.set_xy(left, top)

    def _runs(self, text: str) -> list[Run]:
        own = (self.font_family, letters_of(path_of(self.font_family)))
        return visual_runs(text, [own, *self.fallbacks])

    @contextmanager
    def _shaping(self, run: Run) -> Iterator[None]:
        """Draw with the font and direction of a run; further fonts have no bold style."""
        family, style, size = self.font_family, self.font_style, self.font_size_pt
        self.set_font(run.font, style if run.font in (family, SANS) else "", size)
        self.set_text_shaping(direction="rtl" if run.is_rtl else "ltr")
        try:
            yield
        finally:
            self.set_text_shaping(use_shaping_engine=False)
            self.set_font(family, style, size)

    def width_of(self, text: str) -> float:
        """The width of a text in the current font and size, shaped if it has to be."""
        if not needs_layout(text):
            return self.get_string_width(text)
        width = 0.0
        for run in self._runs(text):
            with self._shaping(run):
                width += self.get_string_width(run.text)
        return width

    def rows_of(self, text: str, width: float) -> list[str]:
        """The rows that a text wraps to in a width."""
        if needs_layout(text):
            return broken_rows(text, width, self.width_of)
        rows = self.multi_cell(width, text=text, dry_run=True, output="LINES", align="L")
        return cast(list[str], rows) or [""]

    def rule(
        self,
        y: float,
        *,
        left: float = MARGIN,
        width: float = WIDTH,
        colour: tuple[int, int, int] = LINE,
        thick: float = 0.2,
    ) -> None:
        """Draw a horizontal line."""
        self.set_draw_color(*colour)
        self.set_line_width(thick)
        self.line(left, y, left + width, y)

    def room_for(self, height: float) -> None:
        """Start a new page, with the table header, if this height does not fit."""
        if self.y + height > BOTTOM:
            self.add_page()
            if self.head_of_table:
                self.head_of_table()

    # --- Head and foot ---

    def header(self) -> None:
        facts, top = self.facts, 18
        self.set_xy(MARGIN, top)
        if self.page_no() > 1:
            self.pen(12, font=SERIF)
            self.write_row(facts["shop"], width=85, down=False)
            self.pen(8, colour=SOFT)
            about = f"{title_of(facts)} {facts['number'] or facts['order']}"
            self.write_row(about, width=85, align="R", height=6)
            self.rule(top + 8)
            self.set_xy(MARGIN, top + 13)
            return
        self.pen(24, font=SERIF)
        self.write_row(facts["shop"], width=100, height=11)
        self.pen(8, colour=SOFT)
        self.set_xy(MARGIN + 100, top)
        seller = facts["seller"]
        for row in (seller["name"], *seller["address"]):
            self.write_row(row, width=70, align="R", height=4)
        self.set_xy(MARGIN, max(self.y, top + 14) + 5)
        if facts["is_demo"]:
            self.set_fill_color(*INK)
            self.pen(8.5, colour=WHITE)
            text = _("DEMO – no real payment was taken and nothing will be sent.")
            self.set_x(MARGIN)
            self.cell(WIDTH, 8, f"   {text}", fill=True, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            self.ln(5)

    def footer(self) -> None:
        seller = self.facts["seller"]
        self.rule(281)
        self.set_xy(MARGIN, 283)
        self.pen(7.5, colour=SOFT)
        parts = [seller["name"]]
        if seller["company_number"]:
            parts.append(_("Company number %(number)s") % {"number": seller["company_number"]})
        if seller["vat_number"]:
            parts.append(_("VAT number %(number)s") % {"number": seller["vat_number"]})
        self.write_row(" · ".join(parts), width=WIDTH - 22, down=False)
        page = _("Page %(page)d of %(pages)s") % {"page": self.page_no(), "pages": "{nb}"}
        self.set_x(MARGIN + WIDTH - 18)
        self.cell(18, self.font_size * 1.45, page)


def _shortened(paper: _Paper, text: str, width: float) -> str:
    if paper.width_of(text) <= width:
        return text
    while text and paper.width_of(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"


# --- Parts that documents share -------------------------------------------------------------------


def _write_title(paper: _Paper, facts: Mapping[str, Any]) -> None:
    paper.set_x(MARGIN)
    paper.pen(20, font=SERIF)
    paper.write_row(title_of(facts), height=10)
    paper.ln(3)


def _write_particulars(paper: _Paper, pairs: Iterable[tuple[str, str]]) -> None:
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


def _write_addresses(paper: _Paper, columns: Iterable[tuple[str, Sequence[str]]]) -> None:
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


def _write_head(paper: _Paper, columns: Columns) -> None:
    """The header of a table: ``columns`` are (label, width, align)."""
    paper.set_x(MARGIN)
    paper.pen(7.5, colour=SOFT)
    for place, (words, width, align) in enumerate(columns):
        is_last = place == len(columns) - 1
        paper.write_row(words, width=width, align=align, height=6, down=is_last)
    paper.rule(paper.y, colour=INK, thick=0.3)
    paper.set_xy(MARGIN, paper.y + 1.5)


def _write_line(
    paper: _Paper, columns: Columns, values: Sequence[str], *, details: Iterable[str] = ()
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


def _write_account(paper: _Paper, facts: Mapping[str, Any]) -> None:
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


def _write_reason(paper: _Paper, facts: Mapping[str, Any]) -> None:
    paper.pen(9)
    text = _("This note refunds all or part of invoice %(number)s of %(day)s.")
    text = text % {"number": facts["invoice"], "day": _day(facts["invoiced_on"])}
    if facts["reason"]:
        text += " " + _("Reason: %(reason)s") % {"reason": facts["reason"]}
    for part in paper.rows_of(text, WIDTH):
        paper.write_row(part, height=4.8)
    paper.ln(4)


def _write_lines(paper: _Paper, facts: Mapping[str, Any], money: Callable[[str], str]) -> None:
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
    paper: _Paper, facts: Mapping[str, Any], money: Callable[[str], str], *, is_credit: bool
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


def _write_rates(paper: _Paper, facts: Mapping[str, Any], money: Callable[[str], str]) -> None:
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


def _write_notes(paper: _Paper, facts: Mapping[str, Any]) -> None:
    """Why a document has no VAT, which the law asks for, and the customer's VAT number."""
    reliefs = {rate.relief for row in facts["rates"] if (rate := rate_in(row.get("code")))}
    notes = [text for relief, text in _legal_notes().items() if relief in reliefs]
    if number := facts.get("customer_vat_number"):
        notes.append(_("Customer’s VAT number: %(number)s") % {"number": number})
    paper.ln(3)
    for note in notes:
        paper.set_x(MARGIN)
        paper.pen(8.5)
        for part in paper.rows_of(note, WIDTH):
            paper.room_for(5)
            paper.write_row(part, height=4.8)


def _legal_notes() -> dict[Relief, str]:
    return {
        Relief.EXPORT: _("Zero-rated: export of goods."),
        Relief.REVERSE: _(
            "Reverse charge: the customer accounts for the VAT (articles 138 and 196 of Directive"
            " 2006/112/EC)."
        ),
        Relief.OUTSIDE: _("Not subject to VAT: supplied where the customer is established."),
    }


# --- Packing slips --------------------------------------------------------------------------------


def _write_packing_slip(paper: _Paper, facts: Mapping[str, Any]) -> None:
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


def _draw_box(paper: _Paper, top: float | None) -> None:
    """A checkbox beside the row just written."""
    height = 3.4
    top = paper.y - 1.5 - 6.3 if top is None else top
    paper.set_draw_color(*SOFT)
    paper.set_line_width(0.25)
    paper.rect(MARGIN + WIDTH - height, top + 0.7, height, height)


def _write_rest(paper: _Paper, rest: Iterable[Mapping[str, Any]]) -> None:
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
