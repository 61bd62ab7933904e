"""Whether a piece is there, and the only functions that take it or give it back.

A unit is *allocated* when an order holds it and *consumed* when it leaves the house. The rule that
no unit is sold twice is the conditional UPDATE in ``reserve_stock``; everything else is comfort.
"""

from django.conf import settings
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.exceptions import OutOfStock, Shortage
from commerce.models import StockChange
from commerce.signals import stock_moved
from commerce.stock.history import NO_CAUSE, record_stock_changes

#: From here down the page says how many are left.
LOW_STOCK = 5

IN_STOCK, LOW, SOLD_OUT = "in_stock", "low", "sold_out"


def is_for_sale(product):
    """Whether staff have it on sale: the product itself and, for a variant, its parent."""
    return product.is_public and (product.parent_id is None or product.parent.is_public)


def keeps_stock(stockrecord):
    """Whether its product counts its units; a voucher on paper, say, does not."""
    return stockrecord.product.get_product_class().track_stock


def units_available(stockrecord):
    """Units that can be bought now: in stock and not held by an order. Never negative.

    Of a product that keeps no stock, as many as one order can hold.
    """
    if not keeps_stock(stockrecord):
        return settings.OSCAR_MAX_BASKET_QUANTITY_THRESHOLD
    return units_left(stockrecord.num_in_stock, stockrecord.num_allocated)


def units_left(num_in_stock, num_allocated):
    """The same of a stock record's two numbers, either of which may be None."""
    return max((num_in_stock or 0) - (num_allocated or 0), 0)


def rank_of(*, has_price, is_there):
    """How well a stock record sells its product; of several the first with the highest is taken.

    The rule of docs/pricing.md §1, for whoever reads rows instead of records.
    """
    return (has_price and is_there) + has_price


def record_to_sell(records):
    """Of a product's stock records the one that it is sold by; None where there is none.

    The first by key that has a price and a unit, else the first that has a price, else the first.
    """
    records = sorted(records, key=lambda record: record.pk)
    if len(records) < 2:
        return records[0] if records else None
    return max(
        records,
        key=lambda record: rank_of(
            has_price=record.price is not None, is_there=units_available(record) > 0
        ),
    )


def availability_of(stockrecord):
    """ "in_stock", "low" (``LOW_STOCK`` or fewer) or "sold_out"; no stock record is sold out."""
    return availability_at(units_available(stockrecord) if stockrecord else 0)


def availability_at(units):
    """The same of a number of units."""
    if units == 0:
        return SOLD_OUT
    return LOW if units <= LOW_STOCK else IN_STOCK


def stock_text(stockrecord):
    """The stock in words: "In stock", "Only 3 left", "Sold out"."""
    availability = availability_of(stockrecord)
    if availability == SOLD_OUT:
        return _("Sold out")
    if not keeps_stock(stockrecord):
        return _("Always available")
    if availability == LOW:
        return _("Only %(units)d left") % {"units": units_available(stockrecord)}
    return _("%(units)d in stock") % {"units": units_available(stockrecord)}


def lock_stock(stockrecord_ids):
    """Lock the stock records in the order of their keys, which every writer keeps.

    Taken before any order line is inserted: the line's foreign key would otherwise hold a shared
    lock that two buyers then wait for in each other (docs/payments.md, "Lock order").
    Returns them by key. Needs an open transaction.
    """
    StockRecord = get_model("partner", "StockRecord")
    records = StockRecord.objects.select_for_update().filter(pk__in=list(stockrecord_ids))
    return {record.pk: record for record in records.order_by("pk")}


def reserve_stock(quantities, cause=NO_CAUSE):
    """Allocate ``{stockrecord_id: units}`` for one order, all or nothing.

    Raises OutOfStock, naming each shortage, and then changes nothing. Needs an open transaction;
    locks the stock records by key. ``cause`` goes into the history (commerce.stock.history).
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


def _shortages(stockrecord_ids, quantities):
    records = get_model("partner", "StockRecord").objects.select_related("product__parent")
    return [
        Shortage(record.product.get_title(), quantities[record.pk], units_available(record))
        for record in records.filter(pk__in=stockrecord_ids).order_by("pk")
    ]


def _send_stock_moved(kind, records, quantities, cause, *, in_stock=0, allocated=0):
    """The history of what was just done to locked records, and whoever follows stock.

    ``in_stock`` and ``allocated`` are the signs with which the quantities went into each number.
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


def release_stock(quantities, cause=NO_CAUSE):
    """Give back what ``reserve_stock`` took and nobody consumed. Needs an open transaction."""
    StockRecord = get_model("partner", "StockRecord")
    records = lock_stock(quantities)
    for pk, units in sorted(quantities.items()):
        StockRecord.objects.filter(pk=pk).update(
            num_allocated=Greatest(Coalesce(F("num_allocated"), Value(0)) - units, Value(0))
        )
    _send_stock_moved(StockChange.Kind.RELEASED, records, quantities, cause, allocated=-1)


def consume_stock(quantities, cause=NO_CAUSE):
    """The allocated units left the house: in stock and allocated both fall.

    Raises OutOfStock where they were not allocated. Needs an open transaction.
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


def restock(quantities, cause=NO_CAUSE):
    """Put units that came back on the shelf, ``{stockrecord_id: units}``. Needs an open transaction.

    What keeps no stock stays as it is. Locks the stock records by key.
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
