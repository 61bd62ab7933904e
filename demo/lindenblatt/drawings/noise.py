"""Smooth random fields for paper, ink, wood and terrain. All are functions of a seeded generator."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: Numbers, one for each pixel.
Field = NDArray[Any]


def smooth(shape: tuple[int, int], cells: tuple[int, int], rng: np.random.Generator) -> Field:
    """Value noise in 0…1 of ``shape`` (rows, columns) with ``cells`` bumps along each axis."""
    rows, columns = shape
    grid = rng.random((max(cells[0], 1) + 3, max(cells[1], 1) + 3), dtype=np.float32)
    image = Image.fromarray(grid).resize((columns, rows), Image.Resampling.BICUBIC)
    return np.clip(np.asarray(image, dtype=np.float32), 0, 1)


def fractal(
    shape: tuple[int, int],
    cells: tuple[int, int],
    rng: np.random.Generator,
    *,
    octaves: int = 5,
    gain: float = 0.5,
) -> Field:
    """Sum of ``octaves`` of smooth noise, each twice as fine, normalised to 0…1."""
    total = np.zeros(shape, np.float32)
    weight = 1.0
    for octave in range(octaves):
        total += weight * smooth(shape, (cells[0] << octave, cells[1] << octave), rng)
        weight *= gain
    total -= total.min()
    return total / max(float(total.max()), 1e-6)


def grain(shape: tuple[int, int], rng: np.random.Generator, *, size: int = 1) -> Field:
    """Fine normal noise with mean 0 and deviation 1, in dots of ``size`` pixels."""
    rows, columns = -(-shape[0] // size), -(-shape[1] // size)
    field = rng.standard_normal((rows, columns)).astype(np.float32)
    if size > 1:
        image = Image.fromarray(field).resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
        field = np.asarray(image, dtype=np.float32)
    return field


def curve(length: int, cells: int, rng: np.random.Generator, *, octaves: int = 6) -> Field:
    """A one-dimensional fractal curve in 0…1."""
    return fractal((4, length), (1, cells), rng, octaves=octaves)[1]


def step(low: float, high: float, value: Field) -> Field:
    """Smooth step from 0 at ``low`` to 1 at ``high``."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)
