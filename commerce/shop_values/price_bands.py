"""The price bands of the filter: where each begins. Pure.

The listing index counts prices in the steps of ``STEPS``; a band is a union of steps, so that bands
can change without a new index.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import accumulate

#: Beginnings of bands that read well, and of the steps in which prices are counted.
STEPS = (0, *(
    round(factor * 10**power)
    for power in range(7)
    for factor in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5)
    if round(factor * 10**power) == factor * 10**power
))  # fmt: skip
#: The beginnings that are chosen when the merchant gives none.
ROUND = frozenset(round(factor * 10**power) for power in range(7) for factor in (1, 2, 2.5, 5))
#: Bands chosen from a catalogue, at most.
MAX_BANDS = 5


def step_of(price: Decimal) -> int:
    """The beginning of the step that contains a price."""
    return STEPS[max(bisect_right(STEPS, price) - 1, 0)]


def bands_in(text: str) -> tuple[int, ...]:
    """The beginnings given by a merchant, "10, 25, 50"; the first band begins at 0.

    Raises ValueError with the first part that is not one of ``STEPS``.
    """
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        if not part.isdecimal() or int(part) not in STEPS:
            raise ValueError(part)
        found.append(int(part))
    return (0, *sorted(set(found) - {0})) if found else ()


def chosen_bands(counts: Mapping[int, int]) -> tuple[int, ...]:
    """Beginnings that divide a catalogue evenly, from ``{step: number of products}``.

    Each is round, and every band but the first has products. The order of the counts is ignored.
    """
    steps = sorted(step for step, count in counts.items() if count)
    total = sum(counts[step] for step in steps)
    if not total:
        return (0,)
    below = list(accumulate((counts[step] for step in steps), initial=0))
    chosen = [0]
    for part in range(1, MAX_BANDS):
        goal = total * part / MAX_BANDS
        best = min(
            (step for step in steps[1:] if step in ROUND and step > chosen[-1]),
            key=lambda step: abs(below[steps.index(step)] - goal),
            default=None,
        )
        if best is not None and _is_useful(best, chosen[-1], steps, below, total):
            chosen.append(best)
    return tuple(chosen)


def _is_useful(
    step: int, last: int, steps: Sequence[int], below: Sequence[int], total: int
) -> bool:
    """Whether a band from ``last`` to ``step`` has at least a twentieth of the products."""
    begun = below[steps.index(last)] if last in steps else 0
    return below[steps.index(step)] - begun >= total / 20
