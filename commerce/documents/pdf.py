"""A document as PDF, from its facts alone: the same facts give the same bytes.

No database and no request. Slow beside a transaction (tens of milliseconds), so never called in one.
"""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path

from babel.numbers import format_currency
from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.prefs import ViewerPreferences

FONTS = Path(__file__).parent / "fonts"
SERIF, SANS = "fraunces", "noto-sans"
#: The colours of the storefront by day (static/css/tokens.css), on white paper.
INK, SOFT, LINE, WASH, SLATE, WHITE = (
    (31, 35, 34), (95, 91, 84), (221, 213, 201), (247, 243, 237), (37, 82, 92), (255, 255, 255),
)  # fmt: skip
#: Millimetres of A4.
MARGIN, WIDTH, BOTTOM = 20, 170, 272


@cache
def _letters(path):
    """The characters of a font."""
    return frozenset(map(chr, TTFont(path, lazy=True).getBestCmap()))


def render(facts):
    """The bytes of a document's PDF. A letter that no font has is printed as a question mark."""
    paths, unknown = _fallbacks_for(_text_in(facts))
    if unknown:
        facts = _mapped(facts, dict.fromkeys(map(ord, unknown), "?"))
    with translation.override(facts["language"]):
        paper = _Paper(facts, paths)
        paper.add_page()
        if facts["kind"] == "packing_slip":
            _write_packing_slip(paper, facts)
        else:
            _write_account(paper, facts)
        return bytes(paper.output())


def title_of(facts):
    """What kind of document it is, in words."""
    return {
        "invoice": _("Invoice"),
        "credit_note": _("Credit note"),
        "packing_slip": _("Packing slip"),
    }[facts["kind"]]


class _Paper(FPDF):
    """Pages with the shop's head and foot, and rows that break between pages."""

    def __init__(self, facts, further_fonts):
        super().__init__(format="A4", unit="mm")
        self.c_margin = 0
        self.facts = facts
        self.head_of_table = None
        self.set_margins(MARGIN, 18, MARGIN)
        self.set_auto_page_break(False)
        self.add_font(SERIF, fname=FONTS / "fraunces.ttf")
        self.add_font(SANS, fname=FONTS / "noto-sans.ttf")
        self.add_font(SANS, "B", fname=FONTS / "noto-sans-bold.ttf")
        fallbacks = [SANS]
        for path in further_fonts:
            self.add_font(Path(path).stem, fname=path)
            fallbacks.append(Path(path).stem)
        self.set_fallback_fonts(fallbacks, exact_match=False)
        day = date.fromisoformat(facts["issued_on"])
        self.set_creation_date(datetime.combine(day, time(12), tzinfo=UTC))
        self.set_lang(facts["language"])
        self.set_title(f"{title_of(facts)} {facts['number'] or facts['order']}")
        self.set_author(facts["seller"]["name"])
        self.set_creator(facts["shop"])
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)

    # --- Writing ---

    def pen(self, size, *, font=SANS, bold=False, colour=INK):
        """What the next words are written with."""
        self.set_font(font, "B" if bold else "", size)
        self.set_text_color(*colour)

    def write_row(self, text, *, width=0, align="L", height=None, down=True):
        """One row of words; they are cut where they would leave their width."""
        width = width or WIDTH
        self.cell(
            width,
            height or self.font_size * 1.45,
            _shortened(self, text, width),
            align=align,
            new_x=XPos.LEFT if down else XPos.RIGHT,
            new_y=YPos.NEXT if down else YPos.TOP,
        )

    def rows_of(self, text, width):
        """The rows that a text takes in a width."""
        return self.multi_cell(width, text=text, dry_run=True, output="LINES", align="L") or [""]

    def rule(self, y, *, left=MARGIN, width=WIDTH, colour=LINE, thick=0.2):
        """A line across."""
        self.set_draw_color(*colour)
        self.set_line_width(thick)
        self.line(left, y, left + width, y)

    def room_for(self, height):
        """Begin a new page, with the head of the table, where this would not fit any more."""
        if self.y + height > BOTTOM:
            self.add_page()
            if self.head_of_table:
                self.head_of_table()

    # --- Head and foot ---

    def header(self):
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
            self.set_fill_color(*SLATE)
            self.pen(8.5, colour=WHITE)
            text = _("DEMO – no real payment was taken and nothing will be sent.")
            self.set_x(MARGIN)
            self.cell(WIDTH, 8, f"   {text}", fill=True, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            self.ln(5)

    def footer(self):
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


def _fallbacks_for(letters):
    """The fonts that letters need beside the main one, and the letters that none of them has."""
    left = {letter for letter in letters if letter >= " "} - _letters(FONTS / f"{SANS}.ttf")
    paths = []
    for path in (FONTS / "droid-sans-fallback.ttf", *settings.DOCUMENT_FONTS):
        if left & _letters(path):
            paths.append(path)
            left -= _letters(path)
    return paths, left


def _mapped(value, table):
    """Facts with their letters translated."""
    if isinstance(value, dict):
        return {name: _mapped(inner, table) for name, inner in value.items()}
    if isinstance(value, list):
        return [_mapped(inner, table) for inner in value]
    return value.translate(table) if isinstance(value, str) else value


def _text_in(value):
    """All letters that stand in facts."""
    if isinstance(value, str):
        return set(value)
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return set().union(*map(_text_in, inner))
    return set()


def _shortened(paper, text, width):
    if paper.get_string_width(text) <= width:
        return text
    while text and paper.get_string_width(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"


# --- Parts that documents share -------------------------------------------------------------------


def _write_title(paper, facts):
    paper.set_x(MARGIN)
    paper.pen(20, font=SERIF)
    paper.write_row(title_of(facts), height=10)
    paper.ln(3)


def _write_particulars(paper, pairs):
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


def _write_addresses(paper, columns):
    """Addresses side by side, each under its label."""
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


def _write_head(paper, columns):
    """The head of a table: ``columns`` are (words, width, align)."""
    paper.set_x(MARGIN)
    paper.pen(7.5, colour=SOFT)
    for place, (words, width, align) in enumerate(columns):
        is_last = place == len(columns) - 1
        paper.write_row(words, width=width, align=align, height=6, down=is_last)
    paper.rule(paper.y, colour=INK, thick=0.3)
    paper.set_xy(MARGIN, paper.y + 1.5)


def _write_line(paper, columns, values, *, details=()):
    """One row of a table: the first column wraps, ``details`` stand small below it."""
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


def _day(text):
    return date_format(date.fromisoformat(text), "j F Y")


# --- Invoices and credit notes --------------------------------------------------------------------


def _write_account(paper, facts):
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


def _money_in(facts):
    locale = translation.to_locale(facts["language"])

    def money(amount):
        text = format_currency(abs(Decimal(amount)), facts["currency"], locale=locale)
        return f"–{text}" if Decimal(amount) < 0 else text

    return money


def _write_reason(paper, facts):
    paper.pen(9)
    text = _("This note pays back a part of invoice %(number)s of %(day)s, or all of it.")
    text = text % {"number": facts["invoice"], "day": _day(facts["invoiced_on"])}
    if facts["reason"]:
        text += " " + _("Reason: %(reason)s") % {"reason": facts["reason"]}
    for part in paper.rows_of(text, WIDTH):
        paper.write_row(part, height=4.8)
    paper.ln(4)


def _write_lines(paper, facts, money):
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


def _rate(rate):
    return f"{Decimal(rate).normalize():f} %"


def _write_totals(paper, facts, money, *, is_credit):
    left, width = MARGIN + 85, 85
    paper.room_for(30)
    paper.ln(2)
    total = _("Total paid back") if is_credit else _("Total")
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


def _write_rates(paper, facts, money):
    """What each rate of VAT holds of the total."""
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


# --- Packing slips --------------------------------------------------------------------------------


def _write_packing_slip(paper, facts):
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
    columns = [(_("Piece"), 100, "L"), (_("SKU"), 36, "L"), (_("Quantity"), 22, "R"), ("", 12, "R")]
    paper.head_of_table = lambda: _write_head(paper, columns)
    paper.head_of_table()
    for line in facts["lines"]:
        page, top = paper.page, paper.y
        _write_line(paper, columns, (line["title"], line["code"], str(line["quantity"]), ""))
        _draw_box(paper, top if page == paper.page else None)
    paper.head_of_table = None
    pieces = sum(line["quantity"] for line in facts["lines"])
    text = ngettext("%(count)d piece in all", "%(count)d pieces in all", pieces)
    paper.room_for(10)
    paper.ln(2)
    paper.pen(9.5, bold=True)
    paper.write_row(text % {"count": pieces}, width=158, align="R", height=6)
    if facts["rest"]:
        _write_rest(paper, facts["rest"])


def _draw_box(paper, top):
    """A box to tick beside a row that was just written."""
    height = 3.4
    top = paper.y - 1.5 - 6.3 if top is None else top
    paper.set_draw_color(*SOFT)
    paper.set_line_width(0.25)
    paper.rect(MARGIN + WIDTH - height, top + 0.7, height, height)


def _write_rest(paper, rest):
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
