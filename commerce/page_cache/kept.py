"""Facts of many pages (navigation, footer, renditions) that a process need not ask for each time."""

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from commerce.page_cache.changes import Remembered, Unreachable, state_of_request
from commerce.page_cache.dependencies import SITE, collected, depends_on, expires_by, shows_prices


@dataclass
class _Fact(Remembered):
    """A value with what it was made from. ``expires`` is ``until`` as it was named."""

    value: Any
    tags: frozenset
    expires: datetime | None
    epoch: str
    number: int
    seen: int = -1

    @property
    def until(self):
        return self.expires.timestamp() if self.expires else None


_facts: dict[Any, _Fact] = {}


def kept(name, make, *, tags=(SITE,)):
    """``make()``, remembered by this process until one of the tags changes, or one of those that
    ``make`` names by ``depends_on``, or the moment comes that it names by ``expires_by``.

    What is being rendered depends on the same. Names must be few: nothing is ever forgotten but
    replaced. Inside a transaction nothing is remembered nor taken from memory: what it wrote may
    never be committed, and was not told yet. What shows prices is not remembered either.
    """
    if transaction.get_connection().in_atomic_block:
        return _made(make, tags)[0]
    try:
        state = state_of_request()
        fact = _facts.get(name)
        if fact is not None and fact.holds(state):
            depends_on(*fact.tags)
            expires_by(fact.expires)
            return fact.value
    except Unreachable:
        return _made(make, tags)[0]
    value, found = _made(make, tags)
    if not found.has_prices:
        _facts[name] = _Fact(value, frozenset(found.tags), found.until, *state)
    return value


def _made(make, tags):
    """The value, with what it depends on, which whatever is being rendered depends on too."""
    with collected() as found:
        value = make()
    found.tags.update(tags)
    depends_on(*found.tags)
    expires_by(found.until)
    if found.has_prices:
        shows_prices()
    return value, found


@dataclass
class _Rows:
    """Rows that were met, by their keys, until a moment of the monotonic clock."""

    until: float
    met: dict = field(default_factory=dict)


def rows_by_key(queryset, keys, *, most=2000):
    """``{key: row}`` of those keys that exist; rows that the process met before are not asked for.

    For rows that change seldom and whose change is told as ``SITE``: images, categories, attributes and
    their options. They are shared by all requests: nobody may change one (not even to save it), nor keep
    something on it that depends on more. A change that was never told is seen after ``PAGE_CACHE_SECONDS``.
    """
    known = kept(("rows", queryset.model), lambda: _Rows(until=0))
    if time.monotonic() >= known.until or len(known.met) > most:
        known.until, known.met = time.monotonic() + settings.PAGE_CACHE_SECONDS, {}
    met = known.met
    found = {key: row for key in keys if (row := met.get(key)) is not None}
    if missing := set(keys) - found.keys():
        new = queryset.in_bulk(list(missing))
        met.update(new)
        found.update(new)
    return found
