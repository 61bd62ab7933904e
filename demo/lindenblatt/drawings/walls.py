"""A print on a wall: frames of oak, black and white wood, mat, shadow and light."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from . import noise
from .ink import Array, rgb

#: Side of a product picture in pixels.
SIDE = 1600
WALL = "#e4dfd6"


@dataclass(frozen=True)
class Moulding:
    """A frame: its colour, the strength of its wood grain, and the width of its face."""

    colour: str
    wood: float
    width: int = 34


MOULDINGS = {
    "eiche": Moulding("#b98f5e", 1.0),
    "schwarz": Moulding("#2a2826", 0.16),
    "weiss": Moulding("#efece5", 0.05),
}


def array(image: Image.Image) -> Array:
    """An RGB image as numbers 0…1."""
    return np.asarray(image.convert("RGB"), np.float32) / 255


def picture(colour: Array) -> Image.Image:
    """Numbers 0…1 as an RGB image."""
    return Image.fromarray((np.clip(colour, 0, 1) * 255 + 0.5).astype(np.uint8))


def blurred(mask: Array, radius: float) -> Array:
    """A mask, softened."""
    image = Image.fromarray((np.clip(mask, 0, 1) * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255


def box(shape: tuple[int, int], left: float, top: float, right: float, bottom: float) -> Array:
    """A mask that is 1 inside a rectangle."""
    mask = np.zeros(shape, np.float32)
    mask[round(top) : round(bottom), round(left) : round(right)] = 1
    return mask


def wall(shape: tuple[int, int], rng: np.random.Generator, *, colour: str = WALL) -> Array:
    """A painted wall lit from the upper left."""
    rows, columns = shape
    y, x = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : columns * 1j].astype(np.float32)
    light = 1.07 - 0.20 * np.hypot((x - 0.22) * 0.9, (y - 0.12) * 0.85)
    light += 0.012 * (noise.fractal(shape, (9, 9), rng, octaves=4) - 0.5)
    light += 0.0022 * noise.grain(shape, rng, size=2)
    warmth = np.stack([1.0 + 0.012 * (1 - x), np.ones_like(x), 1.0 - 0.022 * (1 - x)], axis=-1)
    return np.clip(rgb(colour)[None, None] * light[..., None] * warmth, 0, 1)


def shadow(
    ground: Array, mask: Array, *, offset: tuple[int, int], radius: float, depth: float
) -> Array:
    """The ground with the soft shadow of a mask, moved by ``offset`` (right, down)."""
    moved = np.roll(mask, (offset[1], offset[0]), axis=(0, 1))
    dark = 1 - depth * blurred(moved, radius)[..., None] * np.array([0.96, 1.0, 1.04], np.float32)
    return ground * dark


def wood(shape: tuple[int, int], rng: np.random.Generator, *, strength: float) -> Array:
    """Brightness of a board whose grain runs along its columns (left to right)."""
    rows, columns = shape
    bend = noise.fractal(shape, (2, max(columns // 420, 1)), rng, octaves=3)
    y = np.arange(rows, dtype=np.float32)[:, None] / 34 + bend * 2.4
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * (y * 1.9 + 0.35 * np.sin(5 * y)))
    fibres = noise.smooth(shape, (max(rows // 2, 2), max(columns // 130, 2)), rng) - 0.5
    pores = noise.smooth(shape, (max(rows // 2, 2), max(columns // 34, 2)), rng)
    dark = 0.09 * rings**3 + 0.10 * np.clip(pores - 0.74, 0, 1) * 3
    return (1 + strength * (0.10 * fibres - dark + 0.03)).astype(np.float32)


def moulding(
    size: tuple[int, int], kind: Moulding, rng: np.random.Generator, *, width: int
) -> tuple[Array, Array]:
    """A mitred frame of outer ``size`` (width, height): its colours and its mask."""
    columns, rows = size
    colour = np.zeros((rows, columns, 3), np.float32)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    sides = np.stack([y, columns - 1 - x, rows - 1 - y, x])
    nearest = np.argmin(sides, axis=0)
    depth = np.min(sides, axis=0)
    mask = (depth < width).astype(np.float32)
    lights = (1.06, 0.90, 0.84, 1.02)
    for side, light in enumerate(lights):
        length = columns if side % 2 == 0 else rows
        board = wood((width, length), rng, strength=kind.wood)
        position = (x if side % 2 == 0 else y).astype(int)
        values = board[np.clip(depth.astype(int), 0, width - 1), position]
        here = (nearest == side) & (depth < width)
        colour[here] = rgb(kind.colour)[None] * (values[here] * light)[:, None]
    bevel = (
        1
        + 0.10 * np.exp(-(((depth - 2) / 1.6) ** 2))
        - 0.30 * np.exp(-(((depth - width + 1) / 1.4) ** 2))
    )
    seam = np.abs(np.partition(sides, 1, axis=0)[1] - depth) < 0.8
    return np.clip(colour * bevel[..., None] * (1 - 0.16 * seam[..., None]), 0, 1), mask


def framed(art: Image.Image, frame: str, *, height: int, seed: int) -> tuple[Array, Array]:
    """A framed print with mat and glass, as colours and mask; ``height`` is that of the outside."""
    rng = np.random.default_rng(seed)
    kind = MOULDINGS[frame]
    width = max(round(kind.width * height / 1180), 5)
    mat = round(0.072 * height)
    inner = height - 2 * (width + mat)
    long, short = art.height, art.width
    print_size = (round(inner * short / long), inner)
    outer = (print_size[0] + 2 * (width + mat), height)
    colour, _ = moulding(outer, kind, rng, width=width)
    _fill(colour, art.resize(print_size, Image.Resampling.LANCZOS), width, mat)
    return colour, np.ones(colour.shape[:2], np.float32)


def _fill(colour: Array, art: Image.Image, width: int, mat: int) -> None:
    """Lay mat, bevel, print and the frame's inner shadow into the moulding."""
    rows, columns = colour.shape[:2]
    card = colour[width : rows - width, width : columns - width]
    card[:] = rgb("#f8f5ee")
    h, w = card.shape[:2]
    edge = max(round(mat * 0.045), 2)
    top, left, bottom, right = mat, mat, h - mat, w - mat
    card[top - edge : bottom + edge, left - edge : right + edge] = rgb("#fffdf8")
    card[top - edge : top, left - edge : right + edge] = rgb("#d6d1c6")
    card[top - edge : bottom + edge, left - edge : left] = rgb("#dfdad0")
    card[top:bottom, left:right] = array(art)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    fall = 0.34 * np.exp(-y / (width * 0.42)) + 0.24 * np.exp(-x / (width * 0.36))
    card *= (1 - np.clip(fall, 0, 0.6))[..., None]
    diagonal = (x / w * 0.55 + y / h) - 0.62
    glare = 0.035 * np.exp(-((diagonal / 0.10) ** 2)) + 0.02 * np.exp(
        -(((diagonal - 0.2) / 0.03) ** 2)
    )
    card += glare[..., None] * (1 - card)


def hang(
    ground: Array, object_: Array, mask: Array, *, left: int, top: int, lift: float = 1
) -> Array:
    """Put a framed print on a wall, with its contact shadow and its long shadow."""
    whole = np.zeros(ground.shape[:2], np.float32)
    rows, columns = mask.shape
    whole[top : top + rows, left : left + columns] = mask
    size = max(rows, columns) / 1180
    for offset, radius, depth in ((5, 4, 0.34), (16, 16, 0.26), (40, 44, 0.20)):
        moved = (round(offset * 0.75 * size * lift), round(offset * size * lift))
        ground = shadow(ground, whole, offset=moved, radius=radius * size, depth=depth * 0.9)
    ground = ground.copy()
    place = ground[top : top + rows, left : left + columns]
    place[:] = place * (1 - mask[..., None]) + object_ * mask[..., None]
    return ground


def in_frame(art: Image.Image, frame: str, *, seed: int) -> Image.Image:
    """The product picture of a print in a frame."""
    rng = np.random.default_rng(seed)
    ground = wall((SIDE, SIDE), rng)
    landscape = art.width > art.height
    object_, mask = framed(art, frame, height=940 if landscape else 1270, seed=seed + 1)
    rows, columns = mask.shape
    return picture(
        hang(ground, object_, mask, left=(SIDE - columns) // 2, top=(SIDE - rows) // 2 - 14)
    )


def unframed(art: Image.Image, *, seed: int) -> Image.Image:
    """The product picture of the bare sheet, hung from two small brass nails."""
    rng = np.random.default_rng(seed)
    ground = wall((SIDE, SIDE), rng)
    landscape = art.width > art.height
    height = 850 if landscape else 1210
    size = (round(height * art.width / art.height), height)
    sheet = array(art.resize(size, Image.Resampling.LANCZOS))
    y, x = np.mgrid[0 : 1 : size[1] * 1j, 0 : 1 : size[0] * 1j].astype(np.float32)
    curl = 1.015 - 0.05 * y**6 + 0.02 * np.sin(np.pi * x) - 0.05 * np.clip(x - 0.9, 0, 1) * 3
    sheet = np.clip(sheet * curl[..., None], 0, 1)
    left, top = (SIDE - size[0]) // 2, (SIDE - height) // 2 - 10
    whole = box((SIDE, SIDE), left, top, left + size[0], top + height)
    ground = shadow(ground, whole, offset=(2, 3), radius=3, depth=0.30)
    ground = shadow(ground, whole, offset=(7, 12), radius=11, depth=0.20)
    low = box((SIDE, SIDE), left + 14, top + height * 0.55, left + size[0] - 14, top + height)
    ground = shadow(ground, low, offset=(12, 22), radius=18, depth=0.22)
    ground[top : top + height, left : left + size[0]] = sheet
    for share in (0.06, 0.94):
        _nail(ground, left + share * size[0], top + 22)
    return picture(ground)


def _nail(ground: Array, x: float, y: float) -> None:
    """A round brass head, lit from the upper left, and its shadow."""
    rows, columns = np.mgrid[round(y) - 30 : round(y) + 40, round(x) - 30 : round(x) + 40]
    distance = np.hypot(columns - x, rows - y)
    cast = np.hypot(columns - x - 5, rows - y - 8)
    patch = ground[round(y) - 30 : round(y) + 40, round(x) - 30 : round(x) + 40]
    patch *= (1 - 0.4 * np.clip((13 - cast) / 7, 0, 1))[..., None]
    alpha = np.clip(9.5 - distance, 0, 1)[..., None]
    shine = np.clip(1.15 - np.hypot(columns - x + 3, rows - y + 3) / 13, 0.35, 1.1)[..., None]
    patch[:] = patch * (1 - alpha) + np.clip(rgb("#c9a860") * shine * 1.1, 0, 1) * alpha


def detail(art: Image.Image, *, at: tuple[float, float], seed: int) -> Image.Image:
    """A crop of the printed sheet at full sharpness, raking light, with the paper's edge in view."""
    rng = np.random.default_rng(seed)
    side = 1120
    left = round(min(max(at[0] * art.width - side / 2, 0), art.width - side))
    top = round(min(max(at[1] * art.height - side / 2, 0), art.height - side))
    crop = art.crop((left, top, left + side, top + side)).resize(
        (SIDE, SIDE), Image.Resampling.BICUBIC
    )
    tooth = noise.fractal((SIDE, SIDE), (120, 120), rng, octaves=3)
    gy, gx = np.gradient(tooth)
    light = 1 + 0.28 * (gx + gy)
    y, x = np.mgrid[0 : 1 : SIDE * 1j, 0 : 1 : SIDE * 1j].astype(np.float32)
    light *= 1.05 - 0.16 * np.hypot(x - 0.15, y - 0.1)
    return picture(array(crop) * light[..., None])
