"""The paper of documents: A4 pages with the shop's header and footer, and rows that break across pages."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, cast

from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.prefs import ViewerPreferences

from commerce.documents.text_runs import Font, Run, broken_rows, needs_layout, visual_runs
from commerce.documents.typefaces import SANS, SERIF, letters_of, path_of

#: The storefront's light colours (static/css/tokens.css), on white paper.
INK, SOFT, LINE, WHITE = (
    (31, 35, 34), (95, 91, 84), (221, 213, 201), (255, 255, 255),
)  # fmt: skip
#: Millimetres on A4.
MARGIN, WIDTH, BOTTOM = 20, 170, 272


def title_of(facts: Mapping[str, Any]) -> str:
    """The type of the document as text."""
    return {
        "invoice": _("Invoice"),
        "credit_note": _("Credit note"),
        "packing_slip": _("Packing slip"),
    }[facts["kind"]]


class Paper(FPDF):
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
        text = shortened(self, text, width)
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


def shortened(paper: Paper, text: str, width: float) -> str:
    if paper.width_of(text) <= width:
        return text
    while text and paper.width_of(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"
