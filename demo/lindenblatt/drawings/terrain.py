"""Terrain, rivers and towns as data: heights, centre lines and blocks, before they are drawn."""

from dataclasses import dataclass

import numpy as np

from . import noise
from .ink import Array
from .noise import Field, fractal
from .shapes import Points


def mountains(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Heights 0…1: ridged noise over a massif, bent by a second field so that ridges meander."""
    rows, columns = shape
    y, x = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : columns * 1j].astype(np.float32)
    cells = (5, 4)
    ridges = 1 - np.abs(2 * fractal(shape, cells, rng, octaves=5, gain=0.36) - 1)
    broad = fractal(shape, (3, 2), rng, octaves=3)
    massif = np.exp(-(((x - 0.55) / 0.42) ** 2) - ((y - 0.42) / 0.36) ** 2)
    height = 0.5 * ridges**1.6 * (0.35 + 0.65 * massif) + 0.35 * massif + 0.28 * broad
    height -= height.min()
    return height / height.max()


def hill_shade(height: Field, *, relief: float) -> Field:
    """Brightness 0…1 of a surface lit from the north-west."""
    gy, gx = np.gradient(height * relief)
    length = np.sqrt(gx**2 + gy**2 + 1)
    return np.clip((0.55 * gx + 0.55 * gy + 0.63) / length, 0, 1).astype(np.float32)


def contours(height: Field, interval: float, width: float) -> Array:
    """Anti-aliased contour lines of ``width`` pixels at multiples of ``interval``."""
    level = height / interval
    gy, gx = np.gradient(level)
    slope = np.maximum(np.hypot(gx, gy), 1e-5)
    distance = np.abs(level - np.round(level)) / slope
    return np.clip(width / 2 + 0.5 - distance, 0, 1).astype(np.float32)


def meander(count: int, rng: np.random.Generator) -> list[Points]:
    """Courses of a river, oldest first, each a little further on than the one before.

    The direction of a meandering river is close to a sine of the way along it (Langbein and
    Leopold, 1966). The courses run down the y axis from 0 to 1, in units of the sheet's height.
    """
    places = 2400
    fields = [[noise.curve(places, 6, rng, octaves=2) for _ in range(3)] for _ in range(4)]
    courses = []
    for index in range(count):
        age = 3 * index / max(count - 1, 1)
        first, share = min(int(age), 2), age - min(int(age), 2)
        pace, reach, turn = (
            a * (1 - share) + b * share
            for a, b in zip(fields[first], fields[first + 1], strict=True)
        )
        phase = 2 * np.pi * (np.cumsum(1.5 + 2.3 * pace) / places + 0.10 * age)
        angle = (1.15 + 1.05 * reach) * np.sin(phase) + 0.5 * (turn - turn.mean())
        x, y = np.cumsum(np.sin(angle)), np.cumsum(np.cos(angle))
        x = x - np.linspace(x[0], x[-1], places)
        scale = 1.16 / (y[-1] - y[0])
        courses.append(
            np.column_stack([0.354 + (x - x.mean()) * scale, -0.08 + (y - y[0]) * scale])
        )
    return courses


@dataclass(frozen=True)
class Block:
    """A block of a town: its outline, how deep it lies in the subdivision, and its area."""

    outline: Points
    area: float


def town_blocks(outline: Points, rng: np.random.Generator, *, smallest: float) -> list[Block]:
    """Split an area into blocks by streets that follow its longer side, wider where older."""
    blocks: list[Block] = []
    _split(np.asarray(outline, float), rng, smallest, 26.0, blocks)
    return blocks


def _split(
    outline: Points, rng: np.random.Generator, smallest: float, street: float, out: list[Block]
) -> None:
    size = area(outline)
    if size < smallest * rng.uniform(0.7, 1.7) or len(outline) < 3:
        if size > 500:
            out.append(Block(outline, size))
        return
    centred = outline - outline.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    angle = np.arctan2(axes[0, 1], axes[0, 0]) + rng.normal(0, 0.07)
    direction = np.array([np.cos(angle), np.sin(angle)])
    at = outline.mean(axis=0) + direction * rng.normal(0, 0.09) * np.sqrt(size)
    for sign in (1, -1):
        part = clip(outline, direction * sign, float(at @ (direction * sign)) + street / 2)
        if len(part) >= 3:
            _split(part, rng, smallest, max(street * 0.8, 8.0), out)


def area(outline: Points) -> float:
    """The area of a polygon."""
    x, y = outline.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def clip(outline: Points, normal: Points, offset: float) -> Points:
    """The part of a convex polygon where ``point · normal ≥ offset``."""
    signed = outline @ normal - offset
    kept = []
    for index, (point, side) in enumerate(zip(outline, signed, strict=True)):
        following, beyond = outline[(index + 1) % len(outline)], signed[(index + 1) % len(outline)]
        if side >= 0:
            kept.append(point)
        if (side >= 0) != (beyond >= 0):
            kept.append(point + (following - point) * side / (side - beyond))
    return np.asarray(kept)


def inset(outline: Points, distance: float) -> Points:
    """A convex polygon made smaller by ``distance`` on every side; empty if nothing is left."""
    x, y = outline.T
    signed = np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))
    result = outline
    for a, b in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        edge = b - a
        length = float(np.hypot(*edge))
        if length < 1e-6 or len(result) < 3:
            continue
        normal = np.array([-edge[1], edge[0]]) / length * (1 if signed > 0 else -1)
        result = clip(result, normal, float(a @ normal) + distance)
    return result if len(result) >= 3 else np.empty((0, 2))
