"""The shop's icon: the first letter of its name in its colours, as SVG, PNG or ICO."""

from functools import lru_cache
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw, ImageFont

from commerce.shop_settings.current import current_shop
from commerce.shop_values.palette import scheme_of

TYPES = {"svg": "image/svg+xml", "png": "image/png", "ico": "image/x-icon"}
FONT = Path(__file__).parent.parent / "documents" / "fonts" / "noto-sans-bold.ttf"


def icon_file(size: int, kind: str) -> tuple[str, bytes]:
    """(content type, content) of the icon in one of ``TYPES``."""
    shop = current_shop()
    tokens = scheme_of(shop.light, is_dark=False)
    letter = (shop.name.strip() or "?")[0].upper()
    return TYPES[kind], _draw(letter, tokens["accent"], tokens["on-accent"], size, kind)


@lru_cache(maxsize=32)
def _draw(letter: str, ground: str, ink: str, size: int, kind: str) -> bytes:
    if kind == "svg":
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
            f'<rect width="32" height="32" rx="6" fill="{ground}"/>'
            f'<text x="16" y="23" text-anchor="middle" font-family="Georgia,serif" font-size="21"'
            f' font-weight="600" fill="{ink}">{escape(letter)}</text></svg>'
        ).encode()
    large = Image.new("RGBA", (4 * size, 4 * size), (0, 0, 0, 0))
    pen = ImageDraw.Draw(large)
    # Phones round the corners of large icons themselves.
    corner = size * 3 // 4 if kind == "ico" else 0
    pen.rounded_rectangle((0, 0, 4 * size - 1, 4 * size - 1), radius=corner, fill=ground)
    font = ImageFont.truetype(str(FONT), round(size * 2.5))
    pen.text((2 * size, 2 * size), letter, font=font, fill=ink, anchor="mm")
    content = BytesIO()
    large.resize((size, size), Image.Resampling.LANCZOS).save(content, kind.upper())
    return content.getvalue()
