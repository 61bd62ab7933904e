"""The colours of a shop: all design tokens from four colours for light and four for dark pages.

Mixing is done in Oklab, which keeps the perceived lightness between two colours even
(https://bottosson.github.io/posts/oklab/). Contrast is WCAG 2.2's
(https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio). Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

#: Least contrast of text, and of the outlines of controls.
TEXT_CONTRAST, EDGE_CONTRAST = 4.5, 3.0


class BaseColours(NamedTuple):
    """The colours a merchant chooses, as "#rrggbb"."""

    paper: str
    ink: str
    accent: str
    sale: str


#: The colours of a shop that has chosen none.
LIGHT = BaseColours("#ffffff", "#1c1e21", "#1f4e8c", "#a32a1c")
DARK = BaseColours("#151618", "#eceef0", "#9ec3f0", "#f2917f")
#: Colours of messages, which mean the same in every shop.
GOOD, WARN = ("#2f6f3a", "#8cc08e"), ("#85600c", "#dcb45a")


@dataclass(frozen=True)
class ContrastError:
    """A chosen colour that is not readable; ``nearest`` is the next one that is."""

    field: str
    contrast: float
    least: float
    nearest: str


def tokens_of(light: BaseColours, dark: BaseColours) -> dict[str, str]:
    """All design tokens as CSS values, ``{"paper": "light-dark(#…, #…)"}``."""
    by_scheme = scheme_of(light, is_dark=False), scheme_of(dark, is_dark=True)
    return {
        name: f"light-dark({by_scheme[0][name]}, {by_scheme[1][name]})" for name in by_scheme[0]
    }


@lru_cache(maxsize=64)
def scheme_of(base: BaseColours, *, is_dark: bool) -> Mapping[str, str]:
    """The tokens of light or of dark pages, as "#rrggbb"."""
    paper, ink, accent, sale = base
    edge = readable(mix(paper, ink, 0.5), paper, least=EDGE_CONTRAST)
    return {
        "paper": paper,
        "raised": mix(paper, "#ffffff", 0.05 if is_dark else 0.65),
        "tile": mix(paper, ink, 0.08),
        "ink": ink,
        "soft": readable(mix(ink, paper, 0.32), mix(paper, ink, 0.08)),
        "line": mix(paper, ink, 0.16),
        "edge": edge,
        "accent": accent,
        "accent-deep": mix(accent, ink, 0.3),
        "accent-wash": mix(paper, accent, 0.09),
        "on-accent": max(
            ("#ffffff", mix("#000000", paper, 0.08)), key=lambda c: contrast(c, accent)
        ),
        "sale": sale,
        "sale-wash": mix(paper, sale, 0.1),
        "good": readable(GOOD[is_dark], paper),
        "warn": readable(WARN[is_dark], paper),
    }


def contrast_errors(base: BaseColours) -> list[ContrastError]:
    """The chosen colours that cannot be read on the background, or under text."""
    found = []
    for field in ("ink", "accent", "sale"):
        colour = getattr(base, field)
        ratio = contrast(colour, base.paper)
        if ratio < TEXT_CONTRAST:
            nearest = readable(colour, base.paper)
            found.append(ContrastError(field, ratio, TEXT_CONTRAST, nearest))
    return found


def readable(colour: str, paper: str, *, least: float = TEXT_CONTRAST) -> str:
    """The colour, darkened or lightened until it has the contrast to the background."""
    towards = max(("#000000", "#ffffff"), key=lambda end: contrast(end, paper))
    for step in range(101):
        found = mix(colour, towards, step / 100)
        if contrast(found, paper) >= least:
            return found
    return towards


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mix(one: str, other: str, share: float) -> str:
    """A colour between two: ``share`` of the other."""
    pairs = zip(_oklab(one), _oklab(other), strict=True)
    return _hex(tuple(a + (b - a) * share for a, b in pairs))


def _linear(colour: str) -> tuple[float, float, float]:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return red, green, blue


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@lru_cache(maxsize=512)
def _oklab(colour: str) -> tuple[float, float, float]:
    red, green, blue = _linear(colour)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _hex(lab: tuple[float, ...]) -> str:
    light, a, b = lab
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "#" + "".join(f"{round(255 * _encoded(channel)):02x}" for channel in linear)


def _encoded(channel: float) -> float:
    channel = min(max(channel, 0.0), 1.0)
    return channel * 12.92 if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055
