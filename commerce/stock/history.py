"""The stock history: every change of a record's numbers, written in the same transaction.

``commerce.orders.reservations`` records the changes made by orders, under its locks.
``commerce.index.stock_receivers`` records saves by forms and imports. Rows written without
``save()``, as loaders do, have no history until their first change.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from commerce.actor import staff_actor
from commerce.audit.order_history import display_name
from commerce.models import StockChange, User

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct
    from oscar.apps.partner.abstract_models import AbstractStockRecord


AfterChange = Callable[[Collection[int]], None]
#: Functions called with the keys of stock records whose numbers changed, in that transaction.
AFTER_CHANGES: list[AfterChange] = []

#: Rows of history on a product's page.
SHOWN = 100


@dataclass(frozen=True)
class Cause:
    """Why stock changed: an order number, a user, a reason. All are optional."""

    order: str = ""
    user: User | None = None
    reason: str = ""


NO_CAUSE = Cause()


def record_stock_changes(
    kind: str,
    records: Iterable[AbstractStockRecord],
    after: Mapping[int, tuple[int | None, int | None]],
    cause: Cause = NO_CAUSE,
) -> None:
    """Record changes of stock records, in one query and in the caller's transaction.

    ``records`` are the locked records before the change, ``after`` is ``{stockrecord_id: (in stock,
    allocated)}``. Unchanged records are skipped.
    """
    user = cause.user or staff_actor()
    rows = [
        StockChange(
            stockrecord_id=record.pk,
            sku=record.partner_sku,
            kind=kind,
            in_stock_before=record.num_in_stock,
            in_stock_after=after[record.pk][0],
            allocated_before=record.num_allocated,
            allocated_after=after[record.pk][1],
            order_number=cause.order,
            reason=cause.reason[:300],
            user=user,
            actor=display_name(user),
        )
        for record in records
        if (record.num_in_stock, record.num_allocated) != after[record.pk]
    ]
    StockChange.objects.bulk_create(rows)
    changed = [row.stockrecord_id for row in rows if row.stockrecord_id]
    if changed and kind != StockChange.Kind.PARTS:
        for function in AFTER_CHANGES:
            function(changed)


def after_stock_change(function: AfterChange) -> AfterChange:
    """Register a function to call after changes of stock (see ``AFTER_CHANGES``)."""
    AFTER_CHANGES.append(function)
    return function


def history_of_product(product: AbstractProduct) -> QuerySet[StockChange]:
    """The latest changes of a product's stock records, or of its variants', newest first."""
    rows = StockChange.objects.filter(stockrecord__product=product)
    if product.is_parent:
        rows = StockChange.objects.filter(stockrecord__product__parent=product)
    return rows.order_by("-pk")[:SHOWN]
