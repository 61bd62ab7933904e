"""Refreshes of the listing index: at once, or collected into one for loaders and imports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.db import transaction

from commerce.index.refresh import BATCH, listed_keys, refresh_listings, refresh_listings_task
from commerce.models import Listing
from commerce.transactions import enqueue_or_run_on_commit

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct

_collected: ContextVar[set[int] | None] = ContextVar("collected", default=None)


@contextmanager
def one_refresh() -> Iterator[None]:
    """Collect all refreshes of the block into one at its end: for loaders and imports.

    Inside a transaction the lists are correct on commit, otherwise at the end of the block.
    """
    product_ids: set[int] = set()
    token = _collected.set(product_ids)
    try:
        yield
    finally:
        _collected.reset(token)
        if not transaction.get_connection().needs_rollback:
            refresh_changed(product_ids)


def is_collecting() -> bool:
    """Whether a ``one_refresh`` block is active."""
    return _collected.get() is not None


def refresh_changed(product_ids: Set[int | None], *, prices_only: bool = False) -> None:
    """Refresh these products now, or at the end of ``one_refresh``. See ``refresh_listings``."""
    collected = _collected.get()
    if collected is not None:
        collected.update(pk for pk in product_ids if pk is not None)
    elif product_ids:
        refresh_listings(product_ids, prices_only=prices_only)


def refresh_many(product_ids: Iterable[int], *, prices_only: bool = False) -> None:
    """Refresh products that share a change, of which there may be thousands.

    Up to one batch of listings is refreshed at once; more are refreshed after the commit, by the
    worker if the queue works.
    """
    ids = listed_keys(set(product_ids))
    if len(ids) <= BATCH or is_collecting():
        refresh_changed(set(ids), prices_only=prices_only)
        return
    for start in range(0, len(ids), BATCH):
        enqueue_or_run_on_commit(
            refresh_listings_task, ids[start : start + BATCH], prices_only=prices_only
        )


def refresh_all_on_commit() -> None:
    """Refresh every listing after the commit, by the worker if the queue works."""
    ids = sorted(Listing.objects.values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        enqueue_or_run_on_commit(refresh_listings_task, ids[start : start + BATCH])


def refresh_product(product: AbstractProduct) -> None:
    """Refresh a product that was saved with its attributes."""
    refresh_changed({product.pk, product.parent_id} - {None})
