"""The shipped typefaces: files in static/fonts (SIL Open Font License), and fallbacks that keep their place.

A fallback is a font of the visitor's system with the metrics of the typeface, so that nothing moves
when the file arrives. The figures follow from the fonts' advance widths, weighted by letters of
English text, and their vertical metrics. Pure.
"""

from typing import NamedTuple

LATIN = (
    "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,"
    "U+2000-206F,U+20AC,U+2122,U+2190-2193,U+2212,U+2215,U+FEFF,U+FFFD"
)
LATIN_EXTENDED = (
    "U+0100-0130,U+0132-0151,U+0154-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,"
    "U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF"
)
SYSTEM = {
    "serif": 'local("Georgia")',
    "serif-2": 'local("Times New Roman"),local("Liberation Serif")',
    "sans": 'local("Arial"),local("Liberation Sans"),local("Helvetica Neue"),local("Roboto")',
}


class Fallback(NamedTuple):
    """A system font and the percentages that give it the metrics of a typeface."""

    system: str
    size: float
    ascent: float
    descent: float


class Typeface(NamedTuple):
    """A variable font: its family, the weights it has, and its fallbacks."""

    family: str
    weights: str
    generic: str
    fallbacks: tuple[Fallback, ...]
    has_extended: bool = True


TYPEFACES = {
    "fraunces": Typeface(
        "Fraunces", "100 900", "serif",
        (Fallback("serif", 103.3, 94.7, 24.7), Fallback("serif-2", 113.3, 86.3, 22.5)),
        has_extended=False,
    ),
    "newsreader": Typeface(
        "Newsreader", "200 800", "serif",
        (Fallback("serif", 95.9, 76.6, 27.6), Fallback("serif-2", 105.2, 69.9, 25.2)),
    ),
    "bricolage-grotesque": Typeface(
        "Bricolage Grotesque", "200 800", "sans-serif", (Fallback("sans", 109.9, 84.6, 24.6),)
    ),
    "instrument-sans": Typeface(
        "Instrument Sans", "400 700", "sans-serif", (Fallback("sans", 102.6, 94.5, 24.4),)
    ),
    "source-sans-3": Typeface(
        "Source Sans 3", "200 900", "sans-serif", (Fallback("sans", 88.4, 115.9, 45.3),)
    ),
    "figtree": Typeface(
        "Figtree", "300 900", "sans-serif", (Fallback("sans", 99.1, 95.9, 25.2),)
    ),
}  # fmt: skip
#: The fonts of a shop that has chosen none.
HEADING, BODY = "figtree", "figtree"


def main_file(name: str) -> str:
    """The path in static/ of a typeface's file for most European languages."""
    return f"fonts/{name}-latin.woff2"


def files_of(name: str) -> list[tuple[str, str]]:
    """``(path in static/, unicode range)`` of a typeface's files."""
    files = [(main_file(name), LATIN)]
    if TYPEFACES[name].has_extended:
        files.append((f"fonts/{name}-latin-ext.woff2", LATIN_EXTENDED))
    return files


def stack_of(name: str) -> str:
    """The value of ``font-family``: the typeface, its fallbacks, and the generic family."""
    face = TYPEFACES[name]
    fallbacks = (f'"{face.family} {place}"' for place, _one in enumerate(face.fallbacks, 1))
    return ",".join([f'"{face.family}"', *fallbacks, face.generic])
