"""The three typefaces of the pictures, all under the SIL Open Font License 1.1.

Fraunces is in ``static/fonts``. Jost and EB Garamond are read from the folder named by the
environment variable ``DRAWING_FONTS`` (see README.md).
"""

import os
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .ink import Array

STATIC = Path(__file__).resolve().parents[3] / "static" / "fonts"
#: Family and style: package and file.
FILES = {
    "jost": ("jost", "jost-latin-{weight}-normal.woff2"),
    "garamond": ("eb-garamond", "eb-garamond-latin-{weight}-normal.woff2"),
    "garamond-italic": ("eb-garamond", "eb-garamond-latin-{weight}-italic.woff2"),
}


@cache
def font(family: str, size: float, weight: int = 400) -> ImageFont.FreeTypeFont:
    """A font of a family in pixels; raises ``KeyError`` if ``DRAWING_FONTS`` is not set."""
    if family == "fraunces":
        found = ImageFont.truetype(STATIC / "fraunces-latin.woff2", round(size))
        found.set_variation_by_axes([weight])
        return found
    package, name = FILES[family]
    folder = Path(os.environ["DRAWING_FONTS"]) / "@fontsource" / package / "files"
    return ImageFont.truetype(folder / name.format(weight=weight), round(size))


def set_line(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    face: ImageFont.FreeTypeFont,
    fill: str | int,
    *,
    spacing: float = 0,
    anchor: str = "l",
) -> float:
    """Set a line with letter spacing in pixels; ``at`` is its baseline. Returns its width."""
    kerned = spacing == 0
    if kerned:
        width = draw.textlength(text, font=face)
    else:
        width = sum(draw.textlength(c, font=face) + spacing for c in text) - spacing
    x = at[0] - {"l": 0, "m": width / 2, "r": width}[anchor]
    if kerned:
        draw.text((x, at[1]), text, font=face, fill=fill, anchor="ls")
        return width
    for letter in text:
        draw.text((x, at[1]), letter, font=face, fill=fill, anchor="ls")
        x += draw.textlength(letter, font=face) + spacing
    return width


def wrapped(text: str, face: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """The text in lines no wider than ``width`` pixels."""
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if face.getlength(longer) > width and line:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line]


def text_mask(size: tuple[int, int], lines: list[tuple], scale: int = 2) -> Array:
    """A mask of lines given as (text, family, weight, size, x, baseline, anchor, spacing)."""
    image = Image.new("L", (size[0] * scale, size[1] * scale), 0)
    draw = ImageDraw.Draw(image)
    for text, family, weight, points, x, y, anchor, spacing in lines:
        face = font(family, points * scale, weight)
        set_line(
            draw, (x * scale, y * scale), text, face, 255, anchor=anchor, spacing=spacing * scale
        )
    return np.asarray(image.reduce(scale), np.float32) / 255
