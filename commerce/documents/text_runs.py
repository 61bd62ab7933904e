"""Text as it stands on paper: in the order of reading, each part in a font that has its script.

fpdf2 shapes a text but breaks one from right to left at its wrong end, and orders its parts by font
before it orders them by direction. So rows are broken and ordered here, and drawn part by part.
"""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from fpdf.bidi import BidiParagraph, auto_detect_base_direction

from commerce.documents.typefaces import is_shapeless

#: A font's name and its characters.
Font = tuple[str, frozenset[str]]


@dataclass(frozen=True)
class Run:
    """A part of a row in one font and one direction, in the order of its letters."""

    text: str
    font: str
    is_rtl: bool


def needs_layout(text: str) -> bool:
    """Whether a text needs shaping or an order of its own; all other text is drawn as it is."""
    return any(
        unicodedata.bidirectional(letter) in ("R", "AL", "AN")
        or unicodedata.category(letter).startswith("M")
        or is_shapeless(letter)
        for letter in text
    )


def visual_runs(text: str, fonts: Sequence[Font]) -> list[Run]:
    """The parts of a row from left to right. The first font that has a letter draws it."""
    letters = BidiParagraph(
        text, base_direction=auto_detect_base_direction(text), preserve_bn_chars=True
    ).get_characters()
    levels = [(letter.character, letter.embedding_level) for letter in letters]
    spans = [
        (level, family, "".join(letter for letter, _level, _family in group))
        for (level, family), group in groupby(_with_fonts(levels, fonts), key=itemgetter(1, 2))
    ]
    return [Run(text, family, level % 2 == 1) for level, family, text in _reordered(spans)]


def _with_fonts(
    levels: Sequence[tuple[str, int]], fonts: Sequence[Font]
) -> Iterator[tuple[str, int, str]]:
    """Each letter with its level and font. Spaces, marks and signs stay in the font before them."""
    now = fonts[0]
    for letter, level in levels:
        stays = not letter.isalnum() and (letter in now[1] or is_shapeless(letter))
        if not stays:
            now = next((font for font in fonts if letter in font[1]), now)
        yield letter, level, now[0]


def _reordered(spans: list[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    """The spans in visual order (rule L2 of https://www.unicode.org/reports/tr9/)."""
    for level in range(max((span[0] for span in spans), default=0), 0, -1):
        ordered: list[tuple[int, str, str]] = []
        marked = [(span[0] >= level, span) for span in spans]
        for is_deep, group in groupby(marked, key=itemgetter(0)):
            found = [span for _is_deep, span in group]
            ordered += reversed(found) if is_deep else found
        spans = ordered
    return spans


def broken_rows(text: str, width: float, width_of: Callable[[str], float]) -> list[str]:
    """The rows that a text wraps to, in the order of reading; a word that is too long is cut."""
    rows: list[str] = []
    row = ""
    for word in text.split():
        if row and width_of(f"{row} {word}") <= width:
            row = f"{row} {word}"
            continue
        rows += [row] if row else []
        *cut, row = _cut(word, width, width_of)
        rows += cut
    return [*rows, row] if row or not rows else rows


def _cut(word: str, width: float, width_of: Callable[[str], float]) -> list[str]:
    parts = [""]
    for cluster in _clusters(word):
        if parts[-1] and width_of(parts[-1] + cluster) > width:
            parts.append("")
        parts[-1] += cluster
    return parts


def _clusters(word: str) -> Iterator[str]:
    """The letters of a word, each with its marks."""
    cluster = ""
    for letter in word:
        if (
            cluster
            and not unicodedata.category(letter).startswith("M")
            and not is_shapeless(letter)
        ):
            yield cluster
            cluster = ""
        cluster += letter
    yield cluster
