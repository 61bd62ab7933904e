"""Paper, printing plates and ink: a sheet is printed layer by layer, as in a workshop.

Coordinates are those of the full-size sheet (2,400 px on the long side); ``scale`` draws smaller.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from . import noise
from .shapes import Pair, Points, arc, ribbon

#: Samples per pixel and axis of a plate.
SAMPLES = 3
#: Pixels: rows × columns, or rows × columns × 3.
Array = NDArray[Any]
PORTRAIT = (1700, 2400)
LANDSCAPE = (2400, 1700)


def rgb(colour: str) -> Array:
    """The three channels (0…1) of a colour such as "#c8452d"."""
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255


def moved(mask: Array, *, right: int, down: int) -> Array:
    """A mask moved by whole pixels; what leaves the sheet does not come back."""
    result = np.zeros_like(mask)
    rows, columns = mask.shape
    result[max(down, 0) : rows + min(down, 0), max(right, 0) : columns + min(right, 0)] = mask[
        max(-down, 0) : rows - max(down, 0), max(-right, 0) : columns - max(right, 0)
    ]
    return result


class Plate:
    """A mask that shapes are drawn on, supersampled. Fill 255 prints, 0 cuts away."""

    def __init__(self, size: tuple[int, int], scale: float) -> None:
        self.pixels = (round(size[0] * scale), round(size[1] * scale))
        self.factor = scale * SAMPLES
        self.image = Image.new("L", (self.pixels[0] * SAMPLES, self.pixels[1] * SAMPLES), 0)
        self.draw = ImageDraw.Draw(self.image)

    def polygon(self, points: Points | Sequence[Pair], fill: int = 255) -> None:
        """Fill a polygon."""
        scaled = np.asarray(points, float) * self.factor
        self.draw.polygon([tuple(p) for p in scaled.tolist()], fill=fill)

    def disc(self, centre: Pair, radius: float, fill: int = 255) -> None:
        """Fill a disc."""
        self.polygon(arc(centre, radius, 0, 360, count=max(24, int(radius))), fill)

    def rectangle(
        self, left: float, top: float, right: float, bottom: float, fill: int = 255
    ) -> None:
        """Fill a rectangle."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], fill)

    def stroke(self, path: Points, widths: float | Sequence[float], fill: int = 255) -> None:
        """Draw a stroke whose width may change along the path."""
        self.polygon(ribbon(np.asarray(path, float), widths), fill)

    def line(self, path: Points | Sequence[Pair], width: float, fill: int = 255) -> None:
        """Draw a line of one width with round joints."""
        scaled = np.asarray(path, float) * self.factor
        flat = [tuple(p) for p in scaled.tolist()]
        self.draw.line(flat, fill=fill, width=max(1, round(width * self.factor)), joint="curve")

    def mask(self) -> Array:
        """The plate at the sheet's resolution, 0…1."""
        return np.asarray(self.image.reduce(SAMPLES), np.float32) / 255


class Sheet:
    """A sheet of paper that takes ink."""

    def __init__(
        self, size: tuple[int, int] = PORTRAIT, *, paper: str, seed: int, scale: float = 1
    ) -> None:
        self.size, self.scale = size, scale
        self.rng = np.random.default_rng(seed)
        width, height = (round(n * scale) for n in size)
        self.shape = (height, width)
        tone = 1 + 0.006 * noise.grain(self.shape, self.rng)
        tone += 0.008 * noise.grain(self.shape, self.rng, size=3)
        tone += 0.02 * (noise.fractal(self.shape, (6, 4), self.rng, octaves=4) - 0.5)
        self.colour = np.clip(rgb(paper)[None, None] * tone[..., None], 0, 1)

    def plate(self) -> Plate:
        """An empty plate of the sheet's size."""
        return Plate(self.size, self.scale)

    def press(
        self,
        mask: Plate | Array,
        colour: str,
        *,
        over: bool = False,
        cover: float = 0.97,
        shift: tuple[float, float] = (0, 0),
        rough: float = 0.25,
        wear: float = 0.006,
    ) -> None:
        """Print a mask: transparent ink (multiplied) or, with ``over``, opaque ink.

        ``shift`` is the misregistration in pixels, ``rough`` the raggedness of edges and ``wear``
        the share of specks that took no ink. With both 0 the ink is perfectly even.
        """
        amount = mask.mask() if isinstance(mask, Plate) else mask
        if any(shift):
            down, right = round(shift[1] * self.scale), round(shift[0] * self.scale)
            amount = moved(amount, right=right, down=down)
        if rough or wear:
            amount = self._texture(amount, rough=rough, wear=wear)
        amount = amount * cover
        alpha = amount[..., None]
        ink = rgb(colour)[None, None]
        if over:
            tone = 1 + 0.012 * noise.grain(self.shape, self.rng, size=2)[..., None]
            self.colour = self.colour * (1 - alpha) + np.clip(ink * tone, 0, 1) * alpha
        else:
            self.colour = self.colour * (1 - alpha * (1 - ink))

    def _texture(self, amount: Array, *, rough: float, wear: float) -> Array:
        if rough:
            soft = noise.grain(self.shape, self.rng, size=2)
            edge = amount + rough * 0.5 * soft * (amount > 0.02) * (amount < 0.98)
            amount = np.clip(edge, 0, 1)
        mottle = noise.fractal(self.shape, (40, 28), self.rng, octaves=3)
        specks = noise.grain(self.shape, self.rng, size=2) + 1.2 * (mottle - 0.5)
        holes = noise.step(0, 0.6, specks - np.float32(np.quantile(specks[::7, ::7], 1 - wear)))
        body = 1 - 0.10 * (1 - mottle) - 0.015 * np.abs(noise.grain(self.shape, self.rng))
        return (amount * body * (1 - 0.85 * holes)).astype(np.float32)

    def image(self) -> Image.Image:
        """The printed sheet."""
        return Image.fromarray((np.clip(self.colour, 0, 1) * 255 + 0.5).astype(np.uint8))
