"""How the lines of an order reach its buyer (see commerce.digital.goods)."""

from oscar.apps.order.abstract_models import AbstractOrder

from commerce.digital.goods import Fulfilment
from commerce.models import LineFulfilment


def fulfilments_of_lines(order: AbstractOrder) -> dict[int, Fulfilment]:
    """``{line key: its fulfilment}`` as ordered. Lines without one count as parcels. Two queries."""
    rows = LineFulfilment.objects.filter(line__order=order)
    kinds = {row.line_id: Fulfilment(row.kind) for row in rows}
    return {pk: kinds.get(pk, Fulfilment.PARCEL) for pk in order.lines.values_list("pk", flat=True)}
