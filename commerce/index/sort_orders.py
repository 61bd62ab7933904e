"""The orders that a list may stand in, and one page of a set of products in one of them.

A process remembers the beginnings of the orders as far as it was asked for them, so that a page of a
big set takes no query; what they follow is told as ``RANKS`` and ``WINDOWS``.
"""

from array import array
from itertools import count as count_from
from itertools import islice

from pyroaring import BitMap

from commerce.bulk_sql import among
from commerce.index.facet_index import memory, shelves, stretch_of
from commerce.index.listing_builder import ALL
from commerce.models import Listing, PriceWindow
from commerce.page_cache.dependencies import RANKS, SETS, WINDOWS

#: Up to so many keys are sorted among themselves, by a query, where finding them along the order would
#: take more rows of it than a short walk has.
FEW, SHORT_WALK = 600, 4_000
#: Rows of the first piece of an order; each further one is four times as long, up to the most.
FIRST_PIECE, MOST_IN_PIECE = 1_000, 20_000

#: Orders by columns of the listing, by their names in an address.
BY_COLUMNS = {
    "recommended": ("is_gone", "-popularity", "-rating", "product_id"),
    "newest": ("-created", "product_id"),
    "rating": ("-rating", "product_id"),
    "bestselling": ("-popularity", "product_id"),
}
#: The columns that they go by.
RANKED = ("is_gone", "popularity", "rating", "created")


def ordered_keys(keys, *, sort, at, start, count):
    """``count`` keys of a set from place ``start`` on, in one of the orders of ``SORTS``.

    ``at`` is the moment whose prices count; an order that goes by columns does not look at it.
    """
    if len(keys) <= FEW and not _is_found_soon(keys, start + count):
        rows = _in_order(sort, at).filter(**{f"{_key_of(sort)}__in": among(keys)})
        found = list(rows.values_list(_key_of(sort), flat=True)[: start + count])
    else:
        found = _walk(keys, sort=sort, at=at, enough=start + count)
    if len(found) < start + count and len(found) < len(keys):
        # What has no price at all comes last in an order by price.
        found += sorted(keys - BitMap(found))
    return found[start : start + count]


def _is_found_soon(keys, enough):
    """Whether a short walk along what is remembered should find enough of a set, were it spread evenly."""
    if not keys or not memory.is_used():
        return False
    return min(enough, len(keys)) * len(shelves().of(ALL, "")) <= SHORT_WALK * len(keys)


def _in_order(sort, at):
    if sort in BY_COLUMNS:
        return Listing.objects.order_by(*BY_COLUMNS[sort])
    direction = "-" if sort == "price-high" else ""
    windows = PriceWindow.objects.filter(number=0, start__lte=at, until__gt=at)
    return windows.order_by(f"{direction}price", f"{direction}listing_id")


def _key_of(sort):
    return "pk" if sort in BY_COLUMNS else "listing_id"


def _walk(keys, *, sort, at, enough):
    """Follow the order from its beginning until there are enough; a big set has them soon."""
    found, place, length = [], 0, FIRST_PIECE
    for n in count_from():
        piece = _piece(n, sort=sort, at=at, place=place, length=length)
        found += islice((pk for pk in piece if pk in keys), enough - len(found))
        if len(found) >= enough or len(piece) < length:
            return found
        place, length = place + length, min(4 * length, MOST_IN_PIECE)


def _piece(n, *, sort, at, place, length):
    """The n-th piece of an order, as an array of keys."""

    def read():
        rows = _in_order(sort, at).values_list(_key_of(sort), flat=True)
        return array("Q", rows[place : place + length])

    if sort in BY_COLUMNS:
        return memory.one(("order", sort, n), read, tags=[RANKS])
    if not memory.is_used():
        return read()
    return memory.one(("order", sort, n, *stretch_of(at)), read, tags=[SETS, WINDOWS])
