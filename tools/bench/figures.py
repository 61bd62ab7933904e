"""Measured figures as plain values. Pure: no server, no database."""

from dataclasses import dataclass, field
from math import ceil


def percentile(values, share):
    """Return the nearest-rank percentile; ``share`` is between 0 and 1."""
    if not values:
        raise ValueError("cannot take a percentile of no values")
    ranked = sorted(values)
    return ranked[max(ceil(share * len(ranked)), 1) - 1]


@dataclass(frozen=True)
class Cost:
    """The cost of one request in seconds: median CPU of the worker, and times as the client sees them.

    ``empty`` is the CPU of the empty project's view, requested alternately with this one.
    """

    cpu: float
    p50: float
    p95: float
    queries: int | None = None
    empty: float | None = None


@dataclass
class Measured:
    """All figures of one database at one size.

    ``empty`` is the empty project's view. ``pages`` is ``{page: {mode: Cost}}``; the modes
    are those of ``tools.bench.report``. ``lists`` is the output of ``tools.bench.lists``.
    """

    database: str
    size: int
    empty: Cost
    pages: dict = field(default_factory=dict)
    lists: dict = field(default_factory=dict)
    start: float = 0.0
    empty_start: float = 0.0

    def multiple(self, page, mode):
        """Return the CPU of a page as a multiple of the empty view's, or None if it was not measured."""
        cost = self.pages[page].get(mode)
        return cost.cpu / cost.empty if cost else None
