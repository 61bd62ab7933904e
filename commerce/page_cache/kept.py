"""Facts of many pages (navigation, footer, renditions) that a process need not ask for each time."""

import time
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from commerce.page_cache.changes import Unreachable, sequence, state_of_request
from commerce.page_cache.dependencies import SITE, collected, depends_on, expires_by, shows_prices


@dataclass(frozen=True)
class Fact:
    """A value with what it was made from: the numbers are those of the sequence of changes."""

    value: Any
    tags: frozenset
    until: Any
    epoch: str
    read: int
    seen: int

    def holds(self, epoch, number):
        if self.epoch != epoch or (self.until and self.until.timestamp() <= time.time()):
            return False
        return self.seen == number or sequence().highest(self.tags) <= self.read

    def seen_at(self, number):
        """The same, known to hold at a later number."""
        return self if self.seen == number else replace(self, seen=number)


_facts: dict[Any, Fact] = {}


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
        epoch, number = state_of_request()
        fact = _facts.get(name)
        if fact is not None and fact.holds(epoch, number):
            _facts[name] = fact.seen_at(number)
            depends_on(*fact.tags)
            expires_by(fact.until)
            return fact.value
    except Unreachable:
        return _made(make, tags)[0]
    value, found = _made(make, tags)
    if not found.has_prices:
        _facts[name] = Fact(value, frozenset(found.tags), found.until, epoch, number, number)
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


def rows_by_key(queryset, keys, *, most=2000):
    """``{key: row}`` of those keys that exist; rows that the process met before are not asked for.

    For rows that change seldom and whose change is told as ``SITE``: images, categories. They are
    shared by all requests: nobody may change one, nor keep something on it that depends on more.
    """
    known = kept(("rows", queryset.model), dict)
    found = {key: row for key in keys if (row := known.get(key)) is not None}
    if missing := set(keys) - found.keys():
        if len(known) > most:
            known.clear()
        new = queryset.in_bulk(list(missing))
        known.update(new)
        found.update(new)
    return found
