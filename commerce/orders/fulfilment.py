"""How the lines of an order reach its buyer (see commerce.digital.goods)."""

from oscar.apps.order.abstract_models import AbstractOrder

from commerce.digital.goods import Fulfilment, fulfilments_of
from commerce.stock.selling import DETAILS


def fulfilments_of_lines(order: AbstractOrder) -> dict[int, Fulfilment]:
    """``{line key: its fulfilment}``. Lines of deleted products count as parcels."""
    related = ("product__product_class", "product__parent__product_class")
    details = [f"product__{name}" for name in DETAILS]
    lines = list(order.lines.select_related(*related, *details))
    kinds = fulfilments_of({line.product for line in lines if line.product})
    return {line.pk: kinds.get(line.product_id, Fulfilment.PARCEL) for line in lines}
