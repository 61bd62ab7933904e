"""Availability of products, and the only functions that change stock for orders.

A unit is *allocated* when an order reserves it and *consumed* when it ships. The conditional UPDATE
in ``reserve_stock`` guarantees that no unit is sold twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.exceptions import OutOfStock, Shortage
from commerce.models import StockChange
from commerce.signals import stock_moved
from commerce.stock.history import NO_CAUSE, Cause, record_stock_changes

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct
    from oscar.apps.partner.abstract_models import AbstractStockRecord


#: At this many units or fewer the page shows how many are left.
LOW_STOCK = 5

IN_STOCK, LOW, SOLD_OUT = "in_stock", "low", "sold_out"


def is_for_sale(product: AbstractProduct) -> bool:
    """Whether the product is public and, for a variant, its parent is too."""
    return product.is_public and (product.parent_id is None or product.parent.is_public)


def tracks_stock(stockrecord: AbstractStockRecord) -> bool:
    """Whether the product's class tracks stock; a gift voucher, for instance, does not."""
    return stockrecord.product.get_product_class().track_stock


def units_available(stockrecord: AbstractStockRecord) -> int:
    """Units that can be bought now: in stock and not allocated. Never negative.

    If the product does not track stock, the most that one order may contain.
    """
    if not tracks_stock(stockrecord):
        return settings.OSCAR_MAX_BASKET_QUANTITY_THRESHOLD
    return units_left(stockrecord.num_in_stock, stockrecord.num_allocated)


def units_left(num_in_stock: int | None, num_allocated: int | None) -> int:
    """Units in stock and not allocated; None counts as 0. Never negative."""
    return max((num_in_stock or 0) - (num_allocated or 0), 0)


def rank_of(*, has_price: bool, is_available: bool) -> int:
    """How suitable a stock record is to sell its product; the first with the highest rank is used.

    The rule of docs/pricing.md §1, for code that reads rows instead of records.
    """
    return (has_price and is_available) + has_price


def record_to_sell(records: Iterable[AbstractStockRecord]) -> AbstractStockRecord | None:
    """The stock record that a product is sold from; None if it has none.

    The first by key that has a price and a unit, else the first that has a price, else the first.
    """
    records = sorted(records, key=lambda record: record.pk)
    if len(records) < 2:
        return records[0] if records else None
    return max(
        records,
        key=lambda record: rank_of(
            has_price=record.price is not None, is_available=units_available(record) > 0
        ),
    )


def availability_of(stockrecord: AbstractStockRecord | None) -> str:
    """ "in_stock", "low" (``LOW_STOCK`` or fewer) or "sold_out"; "sold_out" without a stock record."""
    return availability_at(units_available(stockrecord) if stockrecord else 0)


def availability_at(units: int) -> str:
    """The availability for a number of units."""
    if units == 0:
        return SOLD_OUT
    return LOW if units <= LOW_STOCK else IN_STOCK


def stock_text(stockrecord: AbstractStockRecord | None) -> str:
    """The availability as text: "In stock", "Only 3 left", "Sold out"."""
    availability = availability_of(stockrecord)
    if availability == SOLD_OUT:
        return _("Sold out")
    if not tracks_stock(stockrecord):
        return _("Always available")
    if availability == LOW:
        return _("Only %(units)d left") % {"units": units_available(stockrecord)}
    return _("%(units)d in stock") % {"units": units_available(stockrecord)}


def lock_stock(stockrecord_ids: Iterable[int]) -> dict[int, AbstractStockRecord]:
    """Lock stock records in key order and return them by key. Needs an open transaction.

    Call it before inserting any order line: the line's foreign key takes a shared lock, and two
    buyers holding one would deadlock (docs/payments.md, "Lock order").
    """
    StockRecord = get_model("partner", "StockRecord")
    records = StockRecord.objects.select_for_update().filter(pk__in=list(stockrecord_ids))
    return {record.pk: record for record in records.order_by("pk")}


def reserve_stock(quantities: Mapping[int, int], cause: Cause = NO_CAUSE) -> None:
    """Allocate ``{stockrecord_id: units}`` for one order, all or nothing.

    Raises OutOfStock with every shortage, and then changes nothing. Needs an open transaction;
    locks the stock records by key. ``cause`` is recorded in the history (commerce.stock.history).
    """
    StockRecord = get_model("partner", "StockRecord")
    with transaction.atomic():
        records = lock_stock(quantities)
        short = [
            pk
            for pk, units in sorted(quantities.items())
            if not StockRecord.objects.filter(
                pk=pk, num_in_stock__gte=Coalesce(F("num_allocated"), Value(0)) + units
            ).update(num_allocated=Coalesce(F("num_allocated"), Value(0)) + units)
        ]
        if short:
            raise OutOfStock(_shortages(short, quantities))
        _send_stock_moved(StockChange.Kind.RESERVED, records, quantities, cause, allocated=1)


def _shortages(stockrecord_ids: Iterable[int], quantities: Mapping[int, int]) -> list[Shortage]:
    records = get_model("partner", "StockRecord").objects.select_related("product__parent")
    return [
        Shortage(record.product.get_title(), quantities[record.pk], units_available(record))
        for record in records.filter(pk__in=stockrecord_ids).order_by("pk")
    ]


def _send_stock_moved(
    kind: str,
    records: Mapping[int, AbstractStockRecord],
    quantities: Mapping[int, int],
    cause: Cause,
    *,
    in_stock: int = 0,
    allocated: int = 0,
) -> None:
    """Record what was just done to locked records, and send ``stock_moved``.

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
    if records:
        stock_moved.send(
            sender=get_model("partner", "StockRecord"), stockrecord_ids=quantities.keys()
        )


def release_stock(quantities: Mapping[int, int], cause: Cause = NO_CAUSE) -> None:
    """Undo ``reserve_stock`` for units that were not consumed. Needs an open transaction."""
    StockRecord = get_model("partner", "StockRecord")
    records = lock_stock(quantities)
    for pk, units in sorted(quantities.items()):
        StockRecord.objects.filter(pk=pk).update(
            num_allocated=Greatest(Coalesce(F("num_allocated"), Value(0)) - units, Value(0))
        )
    _send_stock_moved(StockChange.Kind.RELEASED, records, quantities, cause, allocated=-1)


def consume_stock(quantities: Mapping[int, int], cause: Cause = NO_CAUSE) -> None:
    """Ship allocated units: the numbers in stock and allocated both fall.

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
            raise OutOfStock(_shortages(short, quantities))
        _send_stock_moved(
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
    _send_stock_moved(StockChange.Kind.RETURNED, records, quantities, cause, in_stock=1)
