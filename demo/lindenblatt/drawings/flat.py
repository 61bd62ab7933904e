"""Things laid on a table and seen from straight above, each with its shadow."""

import numpy as np
from PIL import Image, ImageDraw

from . import noise
from .ink import Array, rgb
from .shapes import Pair
from .solids import backdrop
from .walls import array, blurred, picture, wood


class Table:
    """A picture under construction, seen from above. Lengths are pixels of the full picture."""

    def __init__(
        self, size: tuple[int, int], colour: str, seed: int, *, board: bool = False
    ) -> None:
        self.size = size
        self.rng = np.random.default_rng(seed)
        self.colour = backdrop(size, colour, seed)
        if board:
            self.colour = _boards(self.colour, self.rng)

    def lay(
        self,
        thing: Image.Image,
        *,
        at: Pair,
        width: float,
        degrees: float = 0,
        lift: float = 1.0,
    ) -> None:
        """Put an RGB(A) image with its middle ``at``; ``lift`` is the height its shadow shows."""
        height = width * thing.height / thing.width
        size = (max(round(width), 2), max(round(height), 2))
        small = thing.convert("RGBA").resize(size, Image.Resampling.LANCZOS)
        turned = padded(small).rotate(-degrees, Image.Resampling.BICUBIC, expand=True)
        self._put(turned, at, lift)

    def _put(self, thing: Image.Image, at: Pair, lift: float) -> None:
        margin = round(70 * max(lift, 1)) + 4
        patch = Image.new("RGBA", (thing.width + 2 * margin, thing.height + 2 * margin))
        patch.paste(thing, (margin, margin))
        left, top = round(at[0] - patch.width / 2), round(at[1] - patch.height / 2)
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(left + patch.width, self.size[0]), min(top + patch.height, self.size[1])
        if x1 <= x0 or y1 <= y0:
            return
        pixels = np.asarray(patch, np.float32) / 255
        alpha = pixels[..., 3]
        dark = np.ones_like(alpha)
        for offset, radius, depth in ((2, 2, 0.34), (7, 8, 0.24), (22, 26, 0.22)):
            moved = np.roll(alpha, (round(offset * lift), round(offset * 0.8 * lift)), axis=(0, 1))
            dark *= 1 - depth * blurred(moved, max(radius * lift, 0.6))
        window = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
        place = self.colour[y0:y1, x0:x1]
        a = alpha[window][..., None]
        place[:] = place * dark[window][..., None] * (1 - a) + pixels[..., :3][window] * a

    def image(self) -> Image.Image:
        """The finished picture."""
        return picture(self.colour)


def padded(image: Image.Image) -> Image.Image:
    """An RGBA image with a transparent border, so that its edges are smooth when it is turned."""
    result = Image.new("RGBA", (image.width + 4, image.height + 4))
    result.paste(image, (2, 2))
    return result


def _boards(colour: Array, rng: np.random.Generator) -> Array:
    """Wooden boards across the table."""
    height, width = colour.shape[:2]
    rows = max(height // 4, 1)
    for index, top in enumerate(range(0, height, rows)):
        part = colour[top : top + rows]
        grain = wood((part.shape[0], width), rng, strength=0.8)
        part *= grain[..., None] * (0.985 + 0.03 * (index % 2))
        part[:3] *= 0.72
    return np.clip(colour, 0, 1)


def paper_sheet(
    art: Image.Image, *, width: int, height: int, margin: int, colour: str = "#f7f2e6"
) -> Image.Image:
    """A sheet or card with a picture on it."""
    card = Image.new("RGB", (width, height), colour)
    inner = (width - 2 * margin, height - 2 * margin)
    share = max(inner[0] / art.width, inner[1] / art.height)
    size = (round(art.width * share), round(art.height * share))
    scaled = art.resize(size, Image.Resampling.LANCZOS)
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    card.paste(scaled.crop((left, top, left + inner[0], top + inner[1])), (margin, margin))
    return lit(card)


def lit(image: Image.Image, *, strength: float = 0.05) -> Image.Image:
    """A sheet with light that falls off towards the lower right."""
    colour = array(image)
    y, x = np.mgrid[0 : 1 : image.height * 1j, 0 : 1 : image.width * 1j].astype(np.float32)
    light = 1.02 - strength * (x + y) / 2
    return picture(colour * light[..., None])


def envelope(width: int, height: int, colour: str, seed: int) -> Image.Image:
    """The back of an envelope with its flap."""
    rng = np.random.default_rng(seed)
    tone = 1 + 0.02 * (noise.fractal((height, width), (60, 60), rng, octaves=3) - 0.5)
    body = np.clip(rgb(colour)[None, None] * tone[..., None], 0, 1)
    flap = Image.new("L", (width, height), 0)
    ImageDraw.Draw(flap).polygon([(0, 0), (width, 0), (width // 2, round(height * 0.56))], fill=255)
    mask = np.asarray(flap, np.float32) / 255
    below = blurred(np.roll(mask, 7, axis=0), 6)
    body *= (1 - 0.22 * below * (1 - mask))[..., None]
    body *= (1 + 0.03 * mask)[..., None]
    return picture(body)


def pencil(length: int, colour: str) -> Image.Image:
    """A hexagonal pencil, its point to the right."""
    thick = 44
    body = np.zeros((thick, length, 4), np.float32)
    y = np.arange(thick, dtype=np.float32)[:, None] / thick
    light = np.where(y < 0.3, 1.18, np.where(y < 0.7, 1.0, 0.74))
    body[..., :3] = rgb(colour) * light[..., None]
    body[..., 3] = 1
    cone = length - 150
    x = np.arange(length)[None, :]
    body[:, cone:, :3] = rgb("#e2bd8a") * (light[..., None] ** 0.5)
    tip = length - 46
    body[:, tip:, :3] = rgb("#33302e")
    half = np.clip((length - x) / 150, 0, 1) * 0.5
    body[..., 3] = np.where(x > cone, (np.abs(y - 0.5) <= half).astype(np.float32), 1)
    body[:, :60, :3] = rgb("#f3ead8") * light[..., None]
    return Image.fromarray((np.clip(body, 0, 1) * 255).astype(np.uint8), "RGBA")


def disc(size: int, colour: str, *, dome: float = 0.0) -> Image.Image:
    """A round thing with a soft light on it."""
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j].astype(np.float32)
    radius = np.hypot(x, y)
    light = 1 + dome * (0.6 - np.hypot(x + 0.35, y + 0.35))
    pixels = np.zeros((size, size, 4), np.float32)
    pixels[..., :3] = np.clip(rgb(colour) * light[..., None], 0, 1)
    pixels[..., 3] = np.clip((1 - radius) * size / 2, 0, 1)
    return Image.fromarray((pixels * 255).astype(np.uint8), "RGBA")


def cup(size: int, ware: str, drink: str) -> Image.Image:
    """A cup on a saucer, from above."""
    whole = Image.new("RGBA", (size, size))
    for share, colour, dome in (
        (1.0, ware, 0.10),
        (0.72, ware, -0.12),
        (0.56, ware, 0.16),
        (0.50, drink, 0.10),
    ):
        part = disc(round(size * share), colour, dome=dome)
        edge = (size - part.width) // 2
        whole.alpha_composite(part, (edge, edge))
    return whole
