"""The fonts of documents: which there are, and which of them a text needs."""

import unicodedata
from collections.abc import Mapping, Set
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from fontTools.ttLib import TTFont

FONTS = Path(__file__).parent / "fonts"
SERIF, SANS = "fraunces", "noto-sans"
#: Fonts of further scripts, loaded only if a document needs them. The order decides between two that
#: have the same character.
FURTHER = (
    "droid-sans-fallback", "droid-sans-hangul", "noto-sans-arabic", "noto-sans-hebrew",
    "noto-sans-thai", "noto-sans-devanagari", "noto-sans-bengali", "noto-sans-gurmukhi",
    "noto-sans-gujarati", "noto-sans-tamil", "noto-sans-telugu", "noto-sans-kannada",
    "noto-sans-malayalam", "noto-sans-sinhala", "noto-sans-lao", "noto-sans-khmer",
    "noto-sans-myanmar", "noto-sans-georgian", "noto-sans-armenian", "noto-sans-ethiopic",
    "noto-emoji",
)  # fmt: skip
#: Variation selectors and joiners: they change their neighbours and have no shape of their own.
SELECTORS = frozenset(map(chr, range(0xFE00, 0xFE10)))


@cache
def letters_of(path: str | Path) -> frozenset[str]:
    """The characters of a font."""
    return frozenset(map(chr, TTFont(path, lazy=True).getBestCmap()))


def path_of(family: str) -> Path:
    """The file of a font that the shop ships."""
    return FONTS / f"{family}.ttf"


def fonts_for(facts: Any) -> tuple[list[str | Path], dict[int, str]]:
    """The further fonts that the facts need, and a table of what to print for the rest.

    A character without a glyph in any font becomes a question mark; what has no shape vanishes.
    """
    left = {letter for letter in letters_in(facts) if letter >= " "} - letters_of(path_of(SANS))
    needed: list[str | Path] = []
    candidates: list[str | Path] = [*map(path_of, FURTHER), *settings.DOCUMENT_FONTS]
    for path in candidates:
        if {letter for letter in left if not is_shapeless(letter)} & letters_of(path):
            needed.append(path)
            left -= letters_of(path)
    return needed, {ord(letter): "" if is_shapeless(letter) else "?" for letter in left}


def is_shapeless(letter: str) -> bool:
    """Whether a character is invisible: a joiner, a selector or a mark of direction."""
    return letter in SELECTORS or unicodedata.category(letter) == "Cf"


def letters_in(facts: Any) -> Set[str]:
    """All characters in the facts."""
    if isinstance(facts, str):
        return set(facts)
    if isinstance(facts, dict | list):
        inner = facts.values() if isinstance(facts, dict) else facts
        return set().union(*map(letters_in, inner))
    return set()


def replaced(facts: Any, table: Mapping[int, str]) -> Any:
    """The facts with characters replaced."""
    if isinstance(facts, dict):
        return {name: replaced(inner, table) for name, inner in facts.items()}
    if isinstance(facts, list):
        return [replaced(inner, table) for inner in facts]
    return facts.translate(table) if isinstance(facts, str) else facts
