"""Writes how imported products are sold, in bulk. The caller refreshes the lists."""

from __future__ import annotations

from collections.abc import Sequence

from commerce.bulk_sql import literal_in, update_rows
from commerce.imports.changes import Change
from commerce.imports.details import details_fields
from commerce.imports.product_states import State
from commerce.models import ProductDetails

COLUMNS = tuple(details_fields({}))
#: The other columns; all may be NULL.
NOT_IMPORTED = ("is_stock_counted", "gift_card_value")


def write_details(changes: Sequence[Change]) -> None:
    """Write the details that differ. Those of a product with variants are never changed."""
    wanted: dict[int, State] = {}
    for change in changes:
        before = change.before["variants"] if change.before else {}
        for sku, after in change.state["variants"].items():
            if after["details"] != before.get(sku, {}).get("details", {}):
                wanted[change.variant_ids[sku]] = details_fields(after["details"])
    if not wanted:
        return
    empty = details_fields({})
    rows = ProductDetails.objects.filter(product__in=literal_in(wanted))
    known = set(rows.values_list("product_id", flat=True))
    full = {pk: fields for pk, fields in wanted.items() if fields != empty or pk in known}
    gone = [pk for pk, fields in full.items() if fields == empty]
    # A row that says something else, such as the value of a gift card, stays.
    bare = rows.filter(product__in=literal_in(gone))
    bare.filter(**{f"{name}__isnull": True for name in NOT_IMPORTED}).delete()
    ProductDetails.objects.bulk_create(
        ProductDetails(product_id=pk, **fields) for pk, fields in full.items() if pk not in known
    )
    update_rows(
        ProductDetails,
        COLUMNS,
        [(*fields.values(), pk) for pk, fields in full.items() if pk in known],
    )
