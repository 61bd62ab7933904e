"""Availability of products: the stock record to sell from, its units and its availability."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from commerce.shop_settings.current import current_shop

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct
    from oscar.apps.partner.abstract_models import AbstractStockRecord


#: At this many units or fewer the page shows how many are left.
LOW_STOCK = 5

IN_STOCK, LOW, SOLD_OUT = "in_stock", "low", "sold_out"


def is_for_sale(product: AbstractProduct) -> bool:
    """Whether the product is public and, for a variant, its parent is too."""
    return product.is_public and (product.parent_id is None or product.parent.is_public)


def tracks_stock(product: AbstractProduct) -> bool:
    """Whether the product's class tracks stock; a gift voucher, for instance, does not."""
    return product.get_product_class().track_stock


def units_to_reserve(lines: Iterable[Any]) -> dict[int, int]:
    """Units of basket or order lines by stock record, ``{stockrecord_id: units}``.

    Leaves out products whose stock is not tracked, and lines whose product or stock record was
    deleted.
    """
    units: defaultdict[int, int] = defaultdict(int)
    for line in lines:
        if line.product and line.stockrecord_id and tracks_stock(line.product):
            units[line.stockrecord_id] += line.quantity
    return dict(units)


def units_available(stockrecord: AbstractStockRecord) -> int:
    """Units that can be bought now: in stock and not allocated. Never negative.

    If the product does not track stock, the most that one order may contain.
    """
    if not tracks_stock(stockrecord.product):
        return current_shop().max_items
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
    """``IN_STOCK``, ``LOW`` (``LOW_STOCK`` or fewer) or ``SOLD_OUT``, also without a stock record."""
    return availability_at(units_available(stockrecord) if stockrecord else 0)


def availability_at(units: int) -> str:
    """The availability for a number of units."""
    if units == 0:
        return SOLD_OUT
    return LOW if units <= LOW_STOCK else IN_STOCK


def stock_text(stockrecord: AbstractStockRecord | None) -> str:
    """The availability as text: "In stock", "Only 3 left", "Sold out"."""
    availability = availability_of(stockrecord)
    if stockrecord is None or availability == SOLD_OUT:
        return _("Sold out")
    if not tracks_stock(stockrecord.product):
        return _("Always available")
    if availability == LOW:
        return _("Only %(units)d left") % {"units": units_available(stockrecord)}
    return _("%(units)d in stock") % {"units": units_available(stockrecord)}
