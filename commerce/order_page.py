"""An order as its customer sees it: what is in it, and how far it has come."""

from dataclasses import dataclass

from django.db.models import Prefetch, prefetch_related_objects
from django.utils.translation import gettext_lazy as _
from oscar.core.loading import get_model

from commerce.listings import looks_of, product_url
from commerce.orders import CANCELLED, DELIVERED, PACKING, PAID, PENDING, SHIPPED

LINES = Prefetch(
    "lines", get_model("order", "Line").objects.select_related("product__parent").order_by("pk")
)
STEP_NAMES = {
    PENDING: _("Ordered"),
    PAID: _("Paid"),
    PACKING: _("Being packed"),
    SHIPPED: _("On its way"),
    DELIVERED: _("Delivered"),
}
#: After these nothing is expected any more.
ENDED = (DELIVERED, CANCELLED)
STATUS_NAMES = {**STEP_NAMES, PENDING: _("Waiting for payment"), CANCELLED: _("Cancelled")}


@dataclass(frozen=True)
class Step:
    """One stop of an order's way. ``day`` is when it was reached, where that is known."""

    name: str
    day: object
    is_done: bool
    is_current: bool
    is_stop: bool = False


@dataclass(frozen=True)
class OrderedPiece:
    """One line of an order; ``url`` is empty where the piece is no longer shown."""

    title: str
    glaze: str
    url: str
    photo: object
    quantity: int
    total: object


@dataclass(frozen=True)
class OrderRow:
    """An order with its pieces and its status in words; ``promise`` while it is still to come."""

    order: object
    status: str
    is_cancelled: bool
    pieces: list
    promise: object


def order_rows(orders):
    """Orders as rows, in the order given. Constant in queries, whatever their number."""
    orders = list(orders)
    prefetch_related_objects(orders, LINES, "promise")
    lines = {order.pk: list(order.lines.all()) for order in orders}
    looks = looks_of({line.product for group in lines.values() for line in group if line.product})
    return [
        OrderRow(
            order=order,
            status=STATUS_NAMES.get(order.status, order.status),
            is_cancelled=order.status == CANCELLED,
            pieces=[_piece(line, looks.get(line.product_id)) for line in lines[order.pk]],
            promise=None if order.status in ENDED else getattr(order, "promise", None),
        )
        for order in orders
    ]


def _piece(line, look):
    product = line.product
    if product is None:
        return OrderedPiece(
            line.title, "", "", None, line.quantity, line.line_price_before_discounts_incl_tax
        )
    shown = product.parent or product
    is_shown = product.is_public and shown.is_public
    return OrderedPiece(
        title=shown.title,
        glaze=look.glaze,
        url=product_url(shown.pk, shown.slug) if is_shown else "",
        photo=look.photo,
        quantity=line.quantity,
        total=line.line_price_before_discounts_incl_tax,
    )


def steps_of(order):
    """The stops of an order from ordered to delivered; a cancelled one ends where it stopped."""
    days = {change.new_status: change.date_created for change in order.status_changes.all()}
    days[PENDING] = order.date_placed
    if order.status == CANCELLED:
        reached = [status for status in STEP_NAMES if status in days]
        steps = [Step(STEP_NAMES[status], days[status], True, False) for status in reached]
        return [*steps, Step(STATUS_NAMES[CANCELLED], days.get(CANCELLED), True, True, True)]
    pipeline = list(STEP_NAMES)
    here = pipeline.index(order.status) if order.status in pipeline else 0
    return [
        Step(
            STEP_NAMES[status],
            days.get(status) if place <= here else None,
            place <= here,
            place == here,
        )
        for place, status in enumerate(pipeline)
    ]
