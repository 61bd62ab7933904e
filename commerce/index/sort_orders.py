"""The orders that a list may have, and one page of a set of products in one of them."""

from pyroaring import BitMap

from commerce.bulk_sql import literal_in
from commerce.index.facet_index import facet_index
from commerce.index.listing_builder import ALL
from commerce.models import Listing, PriceWindow

#: A set is sorted by itself where finding it along the order would take more rows than this.
LONG_WALK = 4_000
#: Rows that the first query along an order reads; each further one reads four times as many.
FIRST_ROWS = 500

#: Orders by columns of the listing, by their names in an address.
BY_COLUMNS = {
    "recommended": ("is_gone", "-popularity", "-rating", "product_id"),
    "newest": ("-created", "product_id"),
    "rating": ("-rating", "product_id"),
    "bestselling": ("-popularity", "product_id"),
}


def ordered_keys(keys, *, sort, at, start, count):
    """``count`` keys of a set from place ``start`` on, in one of the orders of ``SORTS``.

    ``at`` is the moment whose prices count; an order that goes by columns does not look at it.
    """
    wanted = start + count
    if wanted * len(facet_index().of(ALL, "")) <= LONG_WALK * len(keys):
        found = _walk(keys, sort=sort, at=at, wanted=wanted)
    else:
        rows = _in_order(sort, at).filter(**{f"{_key_of(sort)}__in": literal_in(keys)})
        found = list(rows.values_list(_key_of(sort), flat=True)[:wanted])
    if len(found) < wanted and len(found) < len(keys):
        # What has no price at all comes last in an order by price.
        found += sorted(keys - BitMap(found))
    return found[start:wanted]


def _in_order(sort, at):
    if sort in BY_COLUMNS:
        return Listing.objects.order_by(*BY_COLUMNS[sort])
    direction = "-" if sort == "price-high" else ""
    windows = PriceWindow.objects.filter(number=0, start__lte=at, until__gt=at)
    return windows.order_by(f"{direction}price", f"{direction}listing_id")


def _key_of(sort):
    return "pk" if sort in BY_COLUMNS else "listing_id"


def _walk(keys, *, sort, at, wanted):
    """Follow the order from its beginning until there are enough; a big set has them soon."""
    rows = _in_order(sort, at).values_list(_key_of(sort), flat=True)
    found, place, length = [], 0, FIRST_ROWS
    while len(found) < wanted:
        read = list(rows[place : place + length])
        found += [pk for pk in read if pk in keys]
        if len(read) < length:
            break
        place, length = place + length, 4 * length
    return found[:wanted]
