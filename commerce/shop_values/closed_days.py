"""Days on which nothing is dispatched: weekends, public holidays, and those the shop names. Pure."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

import holidays

#: One date, or two with a dash between them.
LINE = re.compile(r"^(\d{4}-\d{2}-\d{2})(?:\s*[-–]\s*(\d{4}-\d{2}-\d{2}))?$")
#: The longest period, so that a typing error does not close the shop for a century.
MAX_DAYS = 366


def closed_days_in(text: str) -> frozenset[date]:
    """The days of a text with a date or a period per line. Raises ValueError with the first bad line."""
    return frozenset(
        day for line in text.splitlines() if line.strip() for day in _days(line.strip())
    )


def _days(line: str) -> Iterator[date]:
    match = LINE.match(line)
    try:
        first, last = (date.fromisoformat(part or match[1]) for part in match.groups())  # type: ignore[index, union-attr]
    except (TypeError, AttributeError, ValueError):
        raise ValueError(line) from None
    if not 0 <= (last - first).days <= MAX_DAYS:
        raise ValueError(line)
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


@lru_cache(maxsize=8)
def public_holidays(country: str, region: str) -> holidays.HolidayBase | frozenset[date]:
    """The public holidays of a country, or of a part of it; none for a country without data.

    Raises ValueError for an unknown region.
    """
    known = holidays.list_supported_countries()
    if country not in known:
        return frozenset()
    if region and region not in known[country]:
        raise ValueError(region)
    return holidays.country_holidays(country, subdiv=region or None)
