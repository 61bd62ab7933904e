"""An order as its customer sees it: its items and its progress."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from oscar.apps.order.abstract_models import AbstractLine, AbstractOrder
from oscar.core.loading import get_model

from commerce.index.listings import line_displays, product_url
from commerce.models import OrderPromise
from commerce.options.personal import choices_of
from commerce.order_statuses import (
    AUTHORISED,
    CANCELLED,
    DELIVERED,
    PACKING,
    PAID,
    PART_SHIPPED,
    PENDING,
    REFUNDED,
    RETURNED,
    SHIPPED,
)
from commerce.pricing.delivery import is_collected

LINES = Prefetch(
    "lines",
    get_model("order", "Line")
    .objects.select_related("product__parent")
    .prefetch_related("attributes__option")
    .order_by("pk"),
)
#: The statuses of an order that is delivered as planned.
MAIN_STEPS = (PENDING, PAID, PACKING, SHIPPED, DELIVERED)
#: Statuses shown only if an order has reached them, and the status each comes before.
OPTIONAL_STEPS = {AUTHORISED: PAID, PART_SHIPPED: SHIPPED}
#: Final statuses of orders that were not delivered or came back.
FINAL_STATUSES = (CANCELLED, RETURNED, REFUNDED)
STEP_NAMES = {
    PENDING: _("Ordered"),
    AUTHORISED: _("Payment approved"),
    PAID: _("Paid"),
    PACKING: _("Being packed"),
    PART_SHIPPED: _("Partly on its way"),
    SHIPPED: _("On its way"),
    DELIVERED: _("Delivered"),
    CANCELLED: _("Cancelled"),
    RETURNED: _("Returned"),
    REFUNDED: _("Refunded"),
}
#: The names of steps that differ if the customer collects the order at the shop.
COLLECTION_NAMES = {
    PART_SHIPPED: _("Partly ready to collect"),
    SHIPPED: _("Ready to collect"),
    DELIVERED: _("Collected"),
}
#: No delivery is expected after these.
ENDED = (DELIVERED, *FINAL_STATUSES)
STATUS_NAMES = {**STEP_NAMES, PENDING: _("Waiting for payment")}


@dataclass(frozen=True)
class Step:
    """One step of an order's progress. ``day`` is when it was reached, if known."""

    name: str | Promise
    day: datetime | None
    is_done: bool
    is_current: bool
    is_stop: bool = False


@dataclass(frozen=True)
class OrderedItem:
    """One line of an order; ``url`` is empty if the product is no longer shown."""

    title: str
    option: str
    url: str
    photo: Any
    quantity: int
    total: Decimal


@dataclass(frozen=True)
class OrderRow:
    """An order with its items and its status in words; ``promise`` until it is delivered.

    ``is_collected`` says whether the customer collects it at the shop.
    """

    order: AbstractOrder
    status: str | Promise
    is_stopped: bool
    items: list[OrderedItem]
    promise: OrderPromise | None
    is_collected: bool


def order_rows(orders: Iterable[AbstractOrder]) -> list[OrderRow]:
    """Orders as rows, in the given order. The number of queries is constant."""
    orders = list(orders)
    prefetch_related_objects(orders, LINES, "promise", "pickup")
    lines = {order.pk: list(order.lines.all()) for order in orders}
    displays = line_displays(
        {line.product for group in lines.values() for line in group if line.product}
    )
    return [
        OrderRow(
            order=order,
            status=_status_name(order),
            is_stopped=order.status in FINAL_STATUSES,
            items=[_ordered_item(line, displays.get(line.product_id)) for line in lines[order.pk]],
            promise=None if order.status in ENDED else getattr(order, "promise", None),
            is_collected=is_collected(order),
        )
        for order in orders
    ]


def _status_name(order: AbstractOrder) -> str | Promise:
    names = {**STATUS_NAMES, **COLLECTION_NAMES} if is_collected(order) else STATUS_NAMES
    return names.get(order.status, order.status)


def _ordered_item(line: AbstractLine, display: Any) -> OrderedItem:
    product = line.product
    if product is None:
        return OrderedItem(
            line.title, "", "", None, line.quantity, line.line_price_before_discounts_incl_tax
        )
    shown = product.parent or product
    is_shown = product.is_public and shown.is_public
    return OrderedItem(
        title=shown.title,
        option=", ".join(
            filter(None, (display.option, *map(str, choices_of(line.attributes.all()))))
        ),
        url=product_url(shown.pk, shown.slug) if is_shown else "",
        photo=display.photo,
        quantity=line.quantity,
        total=line.line_price_before_discounts_incl_tax,
    )


def steps_of(order: AbstractOrder) -> list[Step]:
    """The steps of an order from placed to delivered.

    The steps of a cancelled, returned or refunded order end there.
    """
    days = {}
    for change in order.status_changes.order_by("date_created", "pk"):
        days[change.new_status] = change.date_created
    days[PENDING] = order.date_placed
    if order.status in FINAL_STATUSES:
        return _stopped_steps(order, days)
    statuses = _planned_statuses(order, days)
    here = statuses.index(order.status) if order.status in statuses else 0
    names = {**STEP_NAMES, **COLLECTION_NAMES} if is_collected(order) else STEP_NAMES
    return [
        Step(
            names[status],
            days.get(status) if place <= here else None,
            place <= here,
            place == here,
        )
        for place, status in enumerate(statuses)
    ]


def _planned_statuses(order: AbstractOrder, days: dict[str, datetime]) -> list[str]:
    """The steps of an order in progress, including the optional ones it reached."""
    statuses = list(MAIN_STEPS)
    for optional, before in OPTIONAL_STEPS.items():
        if order.status == optional or optional in days:
            statuses.insert(statuses.index(before), optional)
    if AUTHORISED in statuses and PAID not in days:
        statuses.remove(PAID)  # The payment is captured with the first parcel.
    return statuses


def _stopped_steps(order: AbstractOrder, days: dict[str, datetime]) -> list[Step]:
    statuses = [status for status in _planned_statuses(order, days) if status in days]
    ends = [status for status in FINAL_STATUSES if status in days or status == order.status]
    return [
        *(Step(STEP_NAMES[status], days[status], True, False) for status in statuses),
        *(
            Step(STEP_NAMES[status], days.get(status), True, status == order.status, True)
            for status in ends
        ),
    ]
