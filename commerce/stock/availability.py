"""Availability of products: the stock record to sell from, its units and its availability."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from commerce.models import ProductDetails
from commerce.shop_settings.current import current_shop
from commerce.stock.bundles import expand_bundles
from commerce.stock.selling import Selling, selling_of, sells_later

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct
    from oscar.apps.partner.abstract_models import AbstractStockRecord


#: At this many units or fewer the page shows how many are left.
LOW_STOCK = 5

IN_STOCK, LOW, SOLD_OUT = "in_stock", "low", "sold_out"
#: Can be ordered without stock: before it is available, or after it was sold out.
PREORDER, ON_ORDER = "preorder", "on_order"
#: The availability of products that are there, and of all that can be bought, the best first.
THERE = (IN_STOCK, LOW)
BEST_FIRST = (IN_STOCK, LOW, PREORDER, ON_ORDER)


def is_for_sale(product: AbstractProduct) -> bool:
    """Whether the product is public and, for a variant, its parent is too."""
    return product.is_public and (product.parent_id is None or product.parent.is_public)


def tracks_stock(product: AbstractProduct) -> bool:
    """Whether its stock is counted: its own setting, or that of its product type."""
    return _is_counted(product, selling_of(product))


def _is_counted(product: AbstractProduct, selling: Selling) -> bool:
    """``tracks_stock`` for loaded details."""
    own = selling.is_stock_counted
    return product.get_product_class().track_stock if own is None else own


def units_to_reserve(lines: Iterable[Any]) -> dict[int, int]:
    """Units of basket or order lines by stock record, ``{stockrecord_id: units}``.

    Bundles count as their parts. Leaves out products whose stock is not tracked, and lines whose
    product or stock record was deleted.
    """
    units: defaultdict[int, int] = defaultdict(int)
    products = {}
    for line in lines:
        if line.product and line.stockrecord_id and tracks_stock(line.product):
            units[line.stockrecord_id] += line.quantity
            products[line.stockrecord_id] = line.product_id
    return expand_bundles(units, products) if units else {}


def units_available(stockrecord: AbstractStockRecord) -> int:
    """Units of one order that can be bought now. Never negative.

    Those in stock and not allocated; the most that an order may contain if the product does not
    track stock or can be ordered without it. Never more than the product's own limit.
    """
    selling = selling_of(stockrecord.product)
    limit = most_of(selling)
    is_counted = _is_counted(stockrecord.product, selling)
    if not is_counted or sells_later(selling.later, selling.available_from):
        return limit
    return min(units_left(stockrecord.num_in_stock, stockrecord.num_allocated), limit)


def most_of(selling: Selling) -> int:
    """The most units of a product in one order."""
    most = current_shop().max_items
    return min(selling.max_quantity, most) if selling.max_quantity else most


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
    """One of the five states; ``SOLD_OUT`` without a stock record, ``LOW`` for ``LOW_STOCK`` or fewer."""
    if stockrecord is None:
        return SOLD_OUT
    selling = selling_of(stockrecord.product)
    if not _is_counted(stockrecord.product, selling):
        return IN_STOCK
    units = units_left(stockrecord.num_in_stock, stockrecord.num_allocated)
    return availability_at(
        units, sells_later(selling.later, selling.available_from), least=selling.least
    )


def is_sent_later(stockrecord: AbstractStockRecord, units: int) -> bool:
    """Whether so many units of an order cannot leave at once: before it is there, or without stock."""
    selling = selling_of(stockrecord.product)
    if not _is_counted(stockrecord.product, selling):
        return False
    later = sells_later(selling.later, selling.available_from)
    if later == ProductDetails.Later.PREORDER:
        return True
    left = units_left(stockrecord.num_in_stock, stockrecord.num_allocated)
    return bool(later) and units > left


def sent_later_text(stockrecord: AbstractStockRecord | None, units: int, *, before: int = 0) -> str:
    """From when so many units are sent, as text; "" if they leave at once.

    ``before`` are the units of the same product in other lines, which are sent first.
    """
    if stockrecord is None or not is_sent_later(stockrecord, before + units):
        return ""
    selling = selling_of(stockrecord.product)
    later = sells_later(selling.later, selling.available_from)
    if later == ProductDetails.Later.PREORDER:
        return later_text(PREORDER, selling.available_from)
    left = units_left(stockrecord.num_in_stock, stockrecord.num_allocated) - before
    if left <= 0:
        return later_text(ON_ORDER, selling.available_from)
    if selling.available_from is None:
        return _("%(units)d in stock, the rest can be ordered") % {"units": left}
    text = _("%(units)d in stock, the rest sent from %(day)s")
    return text % {"units": left, "day": date_format(selling.available_from, "DATE_FORMAT")}


def availability_at(units: int, later: str = "", *, least: int = 1) -> str:
    """The availability for a number of units, of which ``least`` is the smallest order.

    ``later`` is what ``sells_later`` says.
    """
    if later == ProductDetails.Later.PREORDER:
        return PREORDER
    if units < least:
        return ON_ORDER if later else SOLD_OUT
    return LOW if units <= LOW_STOCK else IN_STOCK


def stock_text(stockrecord: AbstractStockRecord | None) -> str:
    """The availability as text: "In stock", "Only 3 left", "Sold out", "Pre-order, sent from 3 May"."""
    availability = availability_of(stockrecord)
    if stockrecord is None or availability == SOLD_OUT:
        return _("Sold out")
    if not tracks_stock(stockrecord.product):
        return _("Always available")
    if availability in (PREORDER, ON_ORDER):
        return later_text(availability, selling_of(stockrecord.product).available_from)
    units = units_left(stockrecord.num_in_stock, stockrecord.num_allocated)
    if availability == LOW:
        return _("Only %(units)d left") % {"units": units}
    return _("%(units)d in stock") % {"units": units}


def later_text(availability: str, available_from: date | None) -> str:
    """The availability of something that can be ordered without stock, as text."""
    if availability == ON_ORDER and available_from is None:
        return _("Sold out, but can be ordered")
    text = (
        _("Pre-order, sent from %(day)s")
        if availability == PREORDER
        else _("On order, sent from %(day)s")
    )
    return text % {"day": date_format(available_from, "DATE_FORMAT") if available_from else ""}
