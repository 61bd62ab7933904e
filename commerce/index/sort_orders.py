"""The sort orders of lists, and one page of a set of products in one of them."""

from typing import Any

from django.db.models import QuerySet
from pyroaring import AbstractBitMap, BitMap

from commerce.bulk_sql import literal_in
from commerce.clock import shop_now
from commerce.index.facet_index import facet_index
from commerce.index.listing_builder import ALL
from commerce.models import Listing, PriceWindow

#: Walk along the sort order for a large set if that reads fewer rows than this; else sort the set.
LONG_WALK = 4_000
#: The first query of a walk reads at least so many rows, and this multiple of those needed if the keys
#: are spread evenly; each further one reads four times as many.
FIRST_ROWS, SPARE = 500, 2

#: Orders by listing columns, keyed by their query parameter.
BY_COLUMNS = {
    "recommended": ("is_gone", "-popularity", "-rating", "product_id"),
    "newest": ("-created", "product_id"),
    "rating": ("-rating", "product_id"),
    "bestselling": ("-popularity", "product_id"),
}


def ordered_keys(keys: AbstractBitMap, *, sort: str, start: int, count: int) -> list[int]:
    """``count`` keys of a set from position ``start``, in one of ``commerce.models.sort_keys.SORTS``.

    Orders by price use the prices at ``shop_now()``.
    """
    wanted = min(start + count, len(keys))
    expected = wanted * len(facet_index().of(ALL, "")) // max(len(keys), 1)
    if len(keys) > FIRST_ROWS and expected <= LONG_WALK:
        found = _walk(keys, sort=sort, wanted=wanted, length=max(FIRST_ROWS, SPARE * expected))
    else:
        rows = _in_order(sort).filter(**{f"{_key_of(sort)}__in": literal_in(keys)})
        found = list(rows.values_list(_key_of(sort), flat=True)[:wanted])
    if len(found) < wanted:
        # Products without a price come last.
        found += sorted(keys - BitMap(found))
    return found[start:wanted]


def _in_order(sort: str) -> QuerySet[Any]:
    if sort in BY_COLUMNS:
        return Listing.objects.order_by(*BY_COLUMNS[sort])
    direction = "-" if sort == "price-high" else ""
    windows = PriceWindow.objects.running(shop_now()).filter(number=0)
    return windows.order_by(f"{direction}price", f"{direction}listing_id")


def _key_of(sort: str) -> str:
    return "pk" if sort in BY_COLUMNS else "listing_id"


def _walk(keys: AbstractBitMap, *, sort: str, wanted: int, length: int) -> list[int]:
    """Read along the order until enough keys are found; large sets need few rows."""
    rows = _in_order(sort).values_list(_key_of(sort), flat=True)
    found: list[int] = []
    place = 0
    while len(found) < wanted:
        read = list(rows[place : place + length])
        found += [pk for pk in read if pk in keys]
        if len(read) < length:
            break
        place, length = place + length, 4 * length
    return found[:wanted]
