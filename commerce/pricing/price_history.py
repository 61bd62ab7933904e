"""The prices that each variant is and was sold at, and the price before a reduction.

Sources: Directive 98/6/EC, article 6a ("Omnibus"), and the Court of Justice in C-330/23: a reduction is computed
from the lowest price of the 30 days before it. Rules and examples: docs/pricing.md, "Before".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from commerce.bulk_sql import literal_in
from commerce.models import PricePoint

#: The period before a reduction whose lowest price counts.
BEFORE = timedelta(days=30)


class Point(NamedTuple):
    """A price from a moment on, until the next point; None if it is not sold."""

    since: datetime
    price: Decimal | None


#: The points of one variant in a currency, by ``since``, the last ones perhaps in the future.
Timeline = Sequence[Point]


def prior_price(timeline: Timeline, before: datetime) -> Decimal | None:
    """The lowest price of the 30 days before the reduction in force just before a moment.

    Reductions that follow each other without an increase are one, which began with the first. None if
    the last change was no reduction, or if the price was as low within those 30 days.
    """
    past = _changes(point for point in timeline if point.since < before)
    first = len(past) - 1
    while first > 0 and _falls(past[first - 1], past[first]):
        first -= 1
    if not past or first == len(past) - 1:
        return None
    began = past[first + 1].since
    lowest = min(
        point.price
        for point, following in zip(past[: first + 1], past[1:], strict=False)
        if point.price is not None and following.since > began - BEFORE
    )
    current = past[-1].price
    return lowest if current is not None and lowest > current else None


def _changes(points: Iterable[Point]) -> list[Point]:
    """The points whose price differs from the one before."""
    changes: list[Point] = []
    for point in points:
        if not changes or changes[-1].price != point.price:
            changes.append(point)
    return changes


def _falls(before: Point, after: Point) -> bool:
    return before.price is not None and after.price is not None and after.price < before.price


def merged(stored: Timeline, planned: Timeline, now: datetime) -> list[Point]:
    """What was up to now, as stored, and what is planned from now on.

    Without anything stored all of it is as planned.
    """
    if not stored:
        return list(planned)
    past = [point for point in stored if point.since <= now]
    current = next((point.price for point in reversed(planned) if point.since <= now), None)
    if not past or past[-1].price != current:
        past.append(Point(now, current))
    for point in planned:
        if point.since > now and point.price != past[-1].price:
            past.append(point)
    return past


def timelines_of(product_ids: Iterable[int]) -> dict[tuple[int, str], list[Point]]:
    """``{(variant's key, currency): its points}``; one query."""
    rows = PricePoint.objects.filter(product__in=literal_in(product_ids), country="")
    found: dict[tuple[int, str], list[Point]] = defaultdict(list)
    for pk, currency, since, price in rows.order_by("product", "since").values_list(
        "product_id", "currency", "since", "price"
    ):
        found[pk, currency].append(Point(since, price))
    return found
