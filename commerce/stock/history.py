"""The history of stock: each change of a record's numbers, in the transaction that made it.

What orders do is noted by ``commerce.stock.availability``, which holds the locks; what is saved otherwise, by a
form or an import, is followed by ``commerce.index.stock_receivers``. Rows that are written past ``save()``, as loaders do, begin
their history at their first change.
"""

from dataclasses import dataclass

from commerce.actor import staff_actor
from commerce.audit.order_history import display_name
from commerce.models import StockChange

#: Rows of a product's history on its page.
SHOWN = 100


@dataclass(frozen=True)
class Cause:
    """Why stock moves: the number of an order, the person, a reason. None of them is needed."""

    order: str = ""
    user: object = None
    reason: str = ""


NO_CAUSE = Cause()


def record_stock_changes(kind, records, after, cause=NO_CAUSE):
    """Write how records changed, in one query and in the caller's transaction.

    ``records`` are the records as they were locked, ``after`` is
    ``{stockrecord_id: (in stock, allocated)}``. What did not change is not written.
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


def history_of_product(product):
    """The latest changes of a product's stock records, and of its variants', the latest first."""
    rows = StockChange.objects.filter(stockrecord__product=product)
    if product.is_parent:
        rows = StockChange.objects.filter(stockrecord__product__parent=product)
    return rows.order_by("-pk")[:SHOWN]
