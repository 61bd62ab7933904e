"""What was measured, as plain values. Pure: no server, no database."""

from dataclasses import dataclass, field
from math import ceil


def percentile(values, share):
    """The value that ``share`` (0 to 1) of the values do not exceed; the nearest rank."""
    if not values:
        raise ValueError("a percentile of nothing")
    ranked = sorted(values)
    return ranked[max(ceil(share * len(ranked)), 1) - 1]


@dataclass(frozen=True)
class Cost:
    """What one request costs, in seconds: CPU of the worker on average, time as the client sees it.

    ``empty`` is the CPU of the empty project's view, which was asked in turn with it.
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
    are those of ``tools.bench.report``. ``lists`` is what ``tools.bench.lists`` says.
    """

    database: str
    size: int
    empty: Cost
    pages: dict = field(default_factory=dict)
    lists: dict = field(default_factory=dict)
    start: float = 0.0
    empty_start: float = 0.0

    def multiple(self, page, mode):
        """CPU of a page as a multiple of the empty view's; None where it was not measured."""
        cost = self.pages[page].get(mode)
        return cost.cpu / cost.empty if cost else None
