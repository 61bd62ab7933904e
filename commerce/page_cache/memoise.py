"""Caches values in the process that many pages show: navigation, categories, facet names.

Never money: basket, checkout and orders read prices, offers and delivery from the database.
"""

import threading
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from cachetools import LRUCache
from django.db import transaction

from commerce.clock import is_shop_time_set
from commerce.models.cache_tags import SITE
from commerce.page_cache.cached_response import end_of
from commerce.page_cache.dependencies import Dependencies, collected, depends_on_all
from commerce.page_cache.versions import Unreachable, Versioned, current_snapshot

#: Most values per process; the least recently used goes first.
MOST = 8192


@dataclass(kw_only=True)
class _Value(Versioned):
    value: Any
    found: Dependencies


_values: LRUCache[Hashable, _Value] = LRUCache(MOST)
_lock = threading.Lock()


def memoise(name: Hashable, make: Callable[[], Any], *, tags: Collection[str] = (SITE,)) -> Any:
    """Return ``make()``, cached until one of the tags changes, or one that ``make`` depends on.

    Values expire after ``PAGE_CACHE_SECONDS``, in case a process is killed between a commit and its
    invalidation, or earlier if ``make`` calls ``expires_by``. The page being rendered gets the same
    dependencies. All requests share the values, so do not change them. Nothing is cached inside a
    transaction, which sees uncommitted rows, or inside ``shop_time``.
    """
    return memoise_many([name], lambda _missing: {name: make()}, tags=tags)[name]


def memoise_many(
    names: Iterable[Hashable],
    make: Callable[[list], Mapping[Hashable, Any]],
    *,
    tags: Collection[str] = (SITE,),
) -> dict:
    """Return ``{name: value}``. ``make(names)`` is called once for all values that are not cached."""
    names = list(names)
    found: dict[Hashable, _Value] = {}
    snapshot = None
    if not (is_shop_time_set() or transaction.get_connection().in_atomic_block):
        with suppress(Unreachable):
            snapshot = current_snapshot()
            with _lock:
                known = {name: of for name in names if (of := _values.get(name)) is not None}
            found = {name: of for name, of in known.items() if of.is_fresh(snapshot)}
    for of in found.values():
        depends_on_all(of.found)
    values = {name: of.value for name, of in found.items()}
    if missing := [name for name in names if name not in found]:
        with collected() as new:
            made = make(missing)
        new.tags.update(tags)
        depends_on_all(new)
        values |= made
        if snapshot is not None:
            until = end_of(new).timestamp()
            facts: dict[str, Any] = {"tags": new.tags}
            facts |= {"epoch": snapshot.epoch, "version": snapshot.number}
            with _lock:
                for name, value in made.items():
                    _values[name] = _Value(value=value, found=new, until=until, **facts)
    return values
