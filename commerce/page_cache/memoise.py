"""In-process cache of values that many pages show: navigation, categories, facet names.

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
from commerce.page_cache.cached_response import expiry_of
from commerce.page_cache.dependencies import Dependencies, collect_dependencies, depends_on_all
from commerce.page_cache.versions import Unreachable, Versioned, current_snapshot

#: Limit per process; the least recently used value is evicted first.
MAX_VALUES = 8192


@dataclass(kw_only=True)
class _Value(Versioned):
    value: Any
    dependencies: Dependencies


_values: LRUCache[Hashable, _Value] = LRUCache(MAX_VALUES)
_lock = threading.Lock()


def memoise(name: Hashable, make: Callable[[], Any], *, tags: Collection[str] = (SITE,)) -> Any:
    """``make()``, cached until one of ``tags``, or a tag that ``make`` depends on, changes.

    Cached for at most ``PAGE_CACHE_SECONDS``, in case a process dies between a commit and its new
    version, and no longer than ``make`` allows with ``expires_by``. The page being rendered gets the
    same dependencies. Values are shared by all requests: do not mutate them. Nothing is cached inside
    a transaction, which sees uncommitted rows, or in ``shop_time``.
    """
    return memoise_many([name], lambda _missing: {name: make()}, tags=tags)[name]


def memoise_many(
    names: Iterable[Hashable],
    make: Callable[[list], Mapping[Hashable, Any]],
    *,
    tags: Collection[str] = (SITE,),
) -> dict:
    """``{name: value}``. ``make(names)`` is called once, for all names that are not cached."""
    names = list(names)
    fresh: dict[Hashable, _Value] = {}
    snapshot = None
    if not (is_shop_time_set() or transaction.get_connection().in_atomic_block):
        with suppress(Unreachable):
            snapshot = current_snapshot()
            with _lock:
                known = {name: entry for name in names if (entry := _values.get(name)) is not None}
            fresh = {name: entry for name, entry in known.items() if entry.is_fresh(snapshot)}
    for entry in fresh.values():
        depends_on_all(entry.dependencies)
    values = {name: entry.value for name, entry in fresh.items()}
    if missing := [name for name in names if name not in fresh]:
        with collect_dependencies() as found:
            made = make(missing)
        found.tags.update(tags)
        depends_on_all(found)
        values |= made
        if snapshot is not None:
            shared: dict[str, Any] = {"dependencies": found, "tags": found.tags}
            shared |= {"epoch": snapshot.epoch, "version": snapshot.version}
            shared |= {"until": expiry_of(found).timestamp()}
            with _lock:
                _values.update({name: _Value(value=made[name], **shared) for name in made})
    return values
