"""Plane geometry: curves, ribbons, arcs and transforms, all as arrays of points (n × 2)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: An array of n × 2 numbers.
Points = NDArray[Any]
Pair = Sequence[float] | NDArray[Any]


def bezier(*control: Pair, count: int = 60) -> Points:
    """Points on the Bézier curve of any degree through the control polygon."""
    points = np.repeat(np.asarray(control, float)[None], count, axis=0)
    t = np.linspace(0, 1, count)[:, None, None]
    while points.shape[1] > 1:
        points = points[:, :-1] * (1 - t) + points[:, 1:] * t
    return points[:, 0]


def spline(points: Sequence[Pair] | Points, *, closed: bool = False, steps: int = 14) -> Points:
    """Catmull–Rom curve through the points."""
    p = np.asarray(points, float)
    p = np.vstack([p[-1], p, p[:2]]) if closed else np.vstack([p[0], p, p[-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    parts = []
    for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False):
        parts.append(
            0.5
            * (
                2 * b
                + (c - a) * t
                + (2 * a - 5 * b + 4 * c - d) * t**2
                + (3 * b - a - 3 * c + d) * t**3
            )
        )
    return np.vstack([*parts, p[-2]])


def normals(path: Points) -> Points:
    """Unit normals along a path."""
    tangent = np.gradient(path, axis=0)
    length = np.hypot(tangent[:, 0], tangent[:, 1])
    tangent /= np.maximum(length, 1e-9)[:, None]
    return np.column_stack([-tangent[:, 1], tangent[:, 0]])


def ribbon(path: Points, widths: float | Points | Sequence[float]) -> Points:
    """Outline of a stroke along the path; ``widths`` are full widths at evenly spaced places."""
    w = np.atleast_1d(np.asarray(widths, float))
    places = np.linspace(0, 1, len(path))
    half = np.interp(places, np.linspace(0, 1, len(w)), w) / 2
    offset = normals(path) * half[:, None]
    return np.vstack([path + offset, (path - offset)[::-1]])


def arc(centre: Pair, radius: float, start: float, end: float, *, count: int = 90) -> Points:
    """Points on an arc; angles in degrees, clockwise from the right."""
    angle = np.radians(np.linspace(start, end, count))
    return np.column_stack([centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)])


def sector(centre: Pair, inner: float, outer: float, start: float, end: float) -> Points:
    """A piece of a ring; with ``inner`` 0 a piece of a disc."""
    outside = arc(centre, outer, start, end)
    if inner <= 0:
        return np.vstack([outside, np.asarray(centre, float)])
    return np.vstack([outside, arc(centre, inner, end, start)])


def turn(points: Points, degrees: float, *, about: Pair = (0, 0)) -> Points:
    """The points rotated clockwise (y points down)."""
    a = np.radians(degrees)
    matrix = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    return (np.asarray(points, float) - about) @ matrix + about


def place(points: Points, *, at: Pair, scale: float = 1, degrees: float = 0) -> Points:
    """The points scaled and turned about the origin, then moved to ``at``."""
    return turn(np.asarray(points, float) * scale, degrees) + np.asarray(at, float)


def along(path: Points, share: float) -> tuple[Points, float]:
    """The point at a share of the path's length, and the direction there in degrees."""
    lengths = np.hypot(*np.diff(path, axis=0).T)
    total = np.concatenate([[0], np.cumsum(lengths)])
    wanted = share * total[-1]
    point = np.array([np.interp(wanted, total, path[:, axis]) for axis in (0, 1)])
    index = min(max(int(np.searchsorted(total, wanted)), 1), len(path) - 1)
    dx, dy = path[index] - path[index - 1]
    return point, float(np.degrees(np.arctan2(dy, dx)))
