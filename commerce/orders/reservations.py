"""Changes of stock by orders: reserved, released, shipped or written off, and restocked.

Orders, parcels and returns change stock with these functions only.

A unit is *allocated* when an order reserves it and *consumed* when it ships. The conditional UPDATE
in ``reserve_stock`` guarantees that no unit is sold twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Greatest
from oscar.core.loading import get_model

from commerce.exceptions import OutOfStock, Shortage
from commerce.index.refresh import refresh_availability
from commerce.models import StockChange
from commerce.stock.alerts import enqueue_stock_alerts
from commerce.stock.availability import units_available
from commerce.stock.history import NO_CAUSE, Cause, record_stock_changes
from commerce.stock.low_stock import update_low_stock_alerts
from commerce.stock.selling import DETAILS, selling_of, sells_later

if TYPE_CHECKING:
    from oscar.apps.partner.abstract_models import AbstractStockRecord


def lock_stock(stockrecord_ids: Iterable[int]) -> dict[int, AbstractStockRecord]:
    """Lock stock records in key order and return them by key. Needs an open transaction.

    Call it before inserting any order line: the line's foreign key takes a shared lock, and two
    buyers holding one would deadlock (docs/payments.md, "Lock order").
    """
    StockRecord = get_model("partner", "StockRecord")
    records = StockRecord.objects.select_for_update().filter(pk__in=list(stockrecord_ids))
    return {record.pk: record for record in records.order_by("pk")}


def reserve_stock(
    quantities: Mapping[int, int], cause: Cause = NO_CAUSE, *, with_lock_of: Collection[int] = ()
) -> None:
    """Allocate ``{stockrecord_id: units}`` for one order, all or nothing.

    Products that can be ordered without stock are allocated beyond it. Raises OutOfStock with every
    shortage, and then changes nothing. Needs an open transaction; locks the stock records by key,
    together with those of the bundles that the order has (``with_lock_of``). ``cause`` is recorded in
    the history (commerce.stock.history).
    """
    StockRecord = get_model("partner", "StockRecord")
    with transaction.atomic():
        locked = lock_stock([*quantities, *with_lock_of])
        records = {pk: record for pk, record in locked.items() if pk in quantities}
        unlimited = _sold_without_stock(quantities)
        allocated = Coalesce(F("num_allocated"), Value(0))
        short = []
        for pk, units in sorted(quantities.items()):
            rows = StockRecord.objects.filter(pk=pk)
            if pk not in unlimited:
                rows = rows.filter(num_in_stock__gte=allocated + units)
            if not rows.update(num_allocated=allocated + units):
                short.append(pk)
        if short:
            raise OutOfStock(_shortages(short, quantities))
        _record_moves(StockChange.Kind.RESERVED, records, quantities, cause, allocated=1)


def _sold_without_stock(stockrecord_ids: Iterable[int]) -> set[int]:
    """The stock records of products that can be ordered without stock at the moment."""
    related = ("product", *(f"product__{name}" for name in DETAILS))
    rows = get_model("partner", "StockRecord").objects.filter(pk__in=list(stockrecord_ids))
    selling = {row.pk: selling_of(row.product) for row in rows.select_related(*related)}
    return {pk for pk, of in selling.items() if sells_later(of.later, of.available_from)}


def _shortages(
    stockrecord_ids: Iterable[int],
    quantities: Mapping[int, int],
    *,
    there: Mapping[int, int] | None = None,
) -> list[Shortage]:
    """What is short: of the units that can be ordered, or of those that are ``there``."""
    records = get_model("partner", "StockRecord").objects.select_related("product__parent")
    return [
        Shortage(
            record.product.get_title(),
            quantities[record.pk],
            units_available(record) if there is None else there[record.pk],
            product_id=record.product_id,
        )
        for record in records.filter(pk__in=stockrecord_ids).order_by("pk")
    ]


def _record_moves(
    kind: str,
    records: Mapping[int, AbstractStockRecord],
    quantities: Mapping[int, int],
    cause: Cause,
    *,
    in_stock: int = 0,
    allocated: int = 0,
) -> None:
    """Record changes made to locked records, and update what shows stock.

    ``in_stock`` and ``allocated`` are the signs with which the quantities changed each number.
    """
    after = {
        pk: (
            (record.num_in_stock or 0) + in_stock * quantities[pk]
            if in_stock
            else record.num_in_stock,
            max((record.num_allocated or 0) + allocated * quantities[pk], 0)
            if allocated
            else record.num_allocated,
        )
        for pk, record in records.items()
    }
    record_stock_changes(kind, records.values(), after, cause)
    if not records:
        return
    ids = list(quantities)
    update_low_stock_alerts(ids)
    enqueue_stock_alerts(ids)
    # After the commit, so that no lock is held while the index is refreshed.
    transaction.on_commit(lambda: refresh_availability(ids), robust=True)


def release_stock(quantities: Mapping[int, int], cause: Cause = NO_CAUSE) -> None:
    """Undo ``reserve_stock`` for units that were not consumed. Needs an open transaction."""
    StockRecord = get_model("partner", "StockRecord")
    records = lock_stock(quantities)
    for pk, units in sorted(quantities.items()):
        StockRecord.objects.filter(pk=pk).update(
            num_allocated=Greatest(Coalesce(F("num_allocated"), Value(0)) - units, Value(0))
        )
    _record_moves(StockChange.Kind.RELEASED, records, quantities, cause, allocated=-1)


def consume_stock(quantities: Mapping[int, int], cause: Cause = NO_CAUSE) -> None:
    """Remove allocated units, shipped or written off: the numbers in stock and allocated both fall.

    Raises OutOfStock if they were not allocated. Needs an open transaction.
    """
    StockRecord = get_model("partner", "StockRecord")
    with transaction.atomic():
        records = lock_stock(quantities)
        short = [
            pk
            for pk, units in sorted(quantities.items())
            if not StockRecord.objects.filter(
                pk=pk, num_in_stock__gte=units, num_allocated__gte=units
            ).update(
                num_in_stock=F("num_in_stock") - units, num_allocated=F("num_allocated") - units
            )
        ]
        if short:
            there = {pk: record.num_in_stock or 0 for pk, record in records.items()}
            raise OutOfStock(_shortages(short, quantities, there=there))
        _record_moves(
            StockChange.Kind.CONSUMED, records, quantities, cause, in_stock=-1, allocated=-1
        )


def restock(quantities: Mapping[int, int], cause: Cause = NO_CAUSE) -> None:
    """Add returned units to the stock, ``{stockrecord_id: units}``. Needs an open transaction.

    Products that do not track stock are left unchanged. Locks the stock records by key.
    """
    StockRecord = get_model("partner", "StockRecord")
    records = {
        pk: record
        for pk, record in lock_stock(quantities).items()
        if record.num_in_stock is not None
    }
    for pk in sorted(records):
        StockRecord.objects.filter(pk=pk).update(num_in_stock=F("num_in_stock") + quantities[pk])
    _record_moves(StockChange.Kind.RETURNED, records, quantities, cause, in_stock=1)
