"""Parcels: what was sent with which carrier, and what is still to be sent.

Oscar's ShippingEvent and its quantities are the record; ``commerce.models.Shipment`` extends it.
Only this module sends units; ``commerce.returns.restocking`` writes off unsent ones.
"""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from oscar.apps.order.abstract_models import AbstractLine, AbstractOrder, AbstractShippingEvent
from oscar.core.loading import get_model

from commerce.audit.order_history import record_event
from commerce.carriers import COLLECTION
from commerce.digital.goods import Fulfilment
from commerce.documents.issuing import issue_packing_slip
from commerce.exceptions import DispatchRefused, OutOfStock
from commerce.models import DeliveryMethod, OrderEvent, Shipment, User
from commerce.order_statuses import (
    AUTHORISED,
    CANCELLED,
    DELIVERED,
    PACKING,
    PAID,
    PART_SHIPPED,
    SHIPPED,
)
from commerce.orders.fulfilment import fulfilments_of_lines
from commerce.orders.mails import queue_shipped_notice
from commerce.orders.pipeline import (
    HANDED_OVER,
    SENT,
    allocated_units,
    has_handed_over,
    lock_order,
    set_status,
)
from commerce.orders.reservations import consume_stock, lock_stock, release_stock
from commerce.pricing.delivery import Arrival, add_working_days, is_collected
from commerce.stock.bundles import units_from_stock
from commerce.stock.history import Cause
from commerce.transactions import retry_transient

#: Further types beside those of ``HANDED_OVER``: never to be sent, and returned to stock by a refund
#: (units of a return are recorded in the return).
GIVEN_UP, CAME_BACK = "Not sent", "Came back"
#: Parcels may be sent from these statuses.
SENDABLE = (AUTHORISED, PAID, PACKING, PART_SHIPPED)
#: The characters of tracking numbers.
TRACKING_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_-]{0,63}")

Preparation = Callable[["AbstractOrder", dict[int, int], User | None], None]
#: Functions ``(order, units, user)`` that run before a parcel is sent, outside any transaction, such
#: as capturing an authorised payment. Each may raise DispatchRefused, which stops the parcel, and
#: may run twice for one parcel. ``units`` is ``{line_id: quantity}``.
PREPARATIONS: list[Preparation] = []

DispatchCheck = Callable[["AbstractOrder", dict[int, int]], None]
#: Functions ``(order, units)`` called with the locked order right before a parcel is written. Each
#: may raise DispatchRefused, which stops the parcel. Another parcel of the order may have been
#: written since the preparations.
DISPATCH_CHECKS: list[DispatchCheck] = []


@dataclass(frozen=True)
class Parcel:
    """One parcel for pages and mails; ``items`` are pairs of an order line and a quantity."""

    shipment: Shipment
    sent_at: datetime
    items: list[tuple[AbstractLine, int]]

    @property
    def arrival(self) -> Arrival | None:
        """When it is expected; None if unknown or delivered."""
        row = self.shipment
        if row.delivered_at or row.arrives_from is None or row.arrives_until is None:
            return None
        return Arrival(row.arrives_from, row.arrives_until)


def prepares_dispatch(function: Preparation) -> Preparation:
    """Register a function to run before a parcel is sent (see ``PREPARATIONS``)."""
    PREPARATIONS.append(function)
    return function


def checks_dispatch(function: DispatchCheck) -> DispatchCheck:
    """Register a check to run under the order's lock (see ``DISPATCH_CHECKS``)."""
    DISPATCH_CHECKS.append(function)
    return function


def quantities_of(order: AbstractOrder, *names: str) -> dict[int, int]:
    """Units of each line in the order's shipping events of these types, ``{line_id: units}``."""
    quantities = get_model("order", "ShippingEventQuantity").objects.filter(
        event__order=order, event__event_type__name__in=names
    )
    rows = quantities.values("line").annotate(units=Sum("quantity")).order_by("line")
    return {row["line"]: row["units"] for row in rows}


def units_sent(order: AbstractOrder) -> dict[int, int]:
    """Units sent in parcels, ``{line_id: units}``."""
    return quantities_of(order, SENT)


def units_to_send(order: AbstractOrder) -> dict[int, int]:
    """Units still to be sent or provided, ``{line_id: units}`` without zeros, in line order."""
    done = quantities_of(order, *HANDED_OVER, GIVEN_UP)
    lines = order.lines.order_by("pk").values_list("pk", "quantity")
    left = {pk: quantity - done.get(pk, 0) for pk, quantity in lines}
    return {pk: units for pk, units in left.items() if units > 0}


def parcels_of(order: AbstractOrder) -> list[Parcel]:
    """The order's parcels, oldest first. The number of queries is constant."""
    quantities = get_model("order", "ShippingEventQuantity").objects.select_related("line")
    events = (
        order.shipping_events.filter(shipment__isnull=False)
        .select_related("shipment")
        .prefetch_related(Prefetch("line_quantities", quantities.order_by("line_id")))
    )
    return [
        Parcel(
            shipment=event.shipment,
            sent_at=event.date_created,
            items=[(row.line, row.quantity) for row in event.line_quantities.all()],
        )
        for event in events.order_by("date_created", "pk")
    ]


def ship(
    order_id: int,
    *,
    units: dict[int, int] | None = None,
    carrier: str = "other",
    tracking_number: str = "",
    user: User | None = None,
    key: str = "",
) -> Shipment:
    """Send a parcel with ``units`` as ``{line_id: quantity}``, or everything left that needs one.

    Units of an order that is collected at the shop are ready then, without carrier and number.
    Takes these units out of stock, records the parcel, queues its mail and sets the status to "Part
    shipped" or "Shipped". Returns the existing parcel for a ``key`` used before. Raises
    DispatchRefused with a sentence and without any change. Runs ``PREPARATIONS`` first, then locks
    the stock records by key and the order and runs ``DISPATCH_CHECKS``, in one durable transaction.
    """
    key = key or uuid.uuid4().hex
    order = get_model("order", "Order").objects.get(pk=order_id)
    if has_label := not is_collected(order):
        check_label(carrier, tracking_number)
    sent = _sent_before(order, key)
    if sent:
        return sent
    units = _parcel_units(order, units)
    for prepare in PREPARATIONS:
        prepare(order, dict(units), user)
    label = {"carrier": carrier, "tracking_number": tracking_number.strip()}
    if not has_label:
        label = {"carrier": COLLECTION, "tracking_number": ""}
    try:
        return _send(order_id, units, key=key, user=user, label=label)
    except OutOfStock as error:
        text = _("Not enough stock for the parcel: %(what)s.")
        raise DispatchRefused(text % {"what": error}) from error


def _parcel_units(order: AbstractOrder, units: dict[int, int] | None) -> dict[int, int]:
    """``checked_units`` without what needs no parcel. Raises DispatchRefused if that was asked for."""
    kinds = fulfilments_of_lines(order)
    if units is None:
        left = units_to_send(order).items()
        units = {pk: count for pk, count in left if kinds[pk] is Fulfilment.PARCEL}
    units = checked_units(order, units)
    if any(kinds[pk] is not Fulfilment.PARCEL for pk in units):
        raise DispatchRefused(_("Downloads, gift cards and services need no parcel."))
    return units


def check_label(carrier: str, tracking_number: str) -> None:
    """Raise DispatchRefused for an unknown carrier or a malformed tracking number."""
    if carrier not in settings.CARRIERS:
        raise DispatchRefused(_("Choose one of the carriers in the list."))
    number = tracking_number.strip()
    if number and not TRACKING_NUMBER.fullmatch(number):
        raise DispatchRefused(_("A tracking number can have up to 64 letters, digits and hyphens."))


def checked_units(order: AbstractOrder, units: dict[int, int] | None = None) -> dict[int, int]:
    """The contents of a parcel, ``{line_id: quantity}`` without zeros.

    Raises DispatchRefused if it is empty, exceeds what is left or has lines of another order, or if
    the order's status allows no parcel.
    """
    if order.status not in SENDABLE:
        raise DispatchRefused(
            _("Order %(number)s is “%(status)s”: nothing can be sent.")
            % {"number": order.number, "status": order.status}
        )
    left = units_to_send(order)
    wanted = {pk: count for pk, count in (left if units is None else units).items() if count}
    if not wanted:
        raise DispatchRefused(_("Choose at least one item to send."))
    if any(count < 0 for count in wanted.values()):
        raise DispatchRefused(_("A quantity can’t be below zero."))
    titles = dict(order.lines.values_list("pk", "title"))
    if wanted.keys() - titles.keys():
        raise DispatchRefused(_("One of the items is not part of this order."))
    for pk, count in wanted.items():
        if count > left.get(pk, 0):
            raise DispatchRefused(
                _("%(title)s: %(left)d left to send, %(count)d requested.")
                % {"title": titles[pk], "left": left.get(pk, 0), "count": count}
            )
    return wanted


@retry_transient
def _send(
    order_id: int, units: dict[int, int], *, key: str, user: User | None, label: Mapping[str, str]
) -> Shipment:
    """The parcel, written in one transaction. Each try of it makes its own rows."""
    with transaction.atomic(durable=True):
        order = lock_with_stock(order_id)
        sent = _sent_before(order, key)
        if sent:
            return sent
        units = checked_units(order, units)
        for check in DISPATCH_CHECKS:
            check(order, dict(units))
        lines = list(order.lines.filter(pk__in=units))
        take_units(lines, units, Cause(order=order.number, user=user))
        shipment = Shipment(key=key, user=user, **label)
        _write_parcel(order, units, shipment)
        left = units_to_send(order)
        for line in lines:
            line.status = PART_SHIPPED if left.get(line.pk) else SHIPPED
        _save(lines)
        _move_on(order, is_last=not left, shipment=shipment, units=units)
        parcel = parcel_of(shipment)
        kinds = fulfilments_of_lines(order)
        rest = {pk: count for pk, count in left.items() if kinds[pk] is Fulfilment.PARCEL}
        queue_shipped_notice(order, parcel, rest=rest)
        issue_packing_slip(order, parcel, rest=rest)  # last: docs/payments.md, "Lock order"
        return shipment


def lock_with_stock(order_id: int) -> AbstractOrder:
    """The order, locked after the stock of its lines, as every writer does."""
    order = get_model("order", "Order").objects.get(pk=order_id)
    lines = list(order.lines.all())
    lock_stock(units_from_stock(lines, {line.pk: line.quantity for line in lines}))
    return lock_order(order_id)


def take_units(lines: Sequence[AbstractLine], units: dict[int, int], cause: Cause) -> None:
    """Take ``{line_id: quantity}`` of locked lines out of stock, and of their allocation."""
    consume_stock(_stock_of(lines, units), cause)
    for line in lines:
        line.num_allocated = max((line.num_allocated or 0) - units[line.pk], 0)
    _save(lines)


def _save(lines: Sequence[AbstractLine]) -> None:
    get_model("order", "Line").objects.bulk_update(lines, ["num_allocated", "status"])


def _sent_before(order: AbstractOrder, key: str) -> Shipment | None:
    sent = Shipment.objects.filter(key=key).select_related("event").first()
    if sent and sent.event.order_id != order.pk:
        raise DispatchRefused(_("This form belongs to another order. Reload the page."))
    return sent


def _stock_of(lines: Sequence[AbstractLine], units: dict[int, int]) -> dict[int, int]:
    """Units by stock record, up to what the lines have allocated: untracked stock has none."""
    held = {line.pk: min(units[line.pk], line.num_allocated or 0) for line in lines}
    return units_from_stock(lines, held)


def _write_parcel(order: AbstractOrder, units: dict[int, int], shipment: Shipment) -> None:
    shipment.event = write_event(order, units, SENT)
    arrival = arrival_of_parcel(order)
    if arrival and not shipment.is_collection:
        shipment.arrives_from, shipment.arrives_until = arrival.first, arrival.last
    shipment.save()


def write_event(order: AbstractOrder, units: dict[int, int], name: str) -> AbstractShippingEvent:
    """Record a shipping event for ``{line_id: quantity}`` of a locked order."""
    kind, _new = get_model("order", "ShippingEventType").objects.get_or_create(name=name)
    event = order.shipping_events.create(event_type=kind)
    Quantity = get_model("order", "ShippingEventQuantity")
    Quantity.objects.bulk_create(
        Quantity(event=event, line_id=pk, quantity=count) for pk, count in units.items()
    )
    return event


def _move_on(
    order: AbstractOrder, *, is_last: bool, shipment: Shipment, units: dict[int, int]
) -> None:
    items = sum(units.values())
    if shipment.is_collection:
        text = ngettext(
            "%(count)d item ready to collect", "%(count)d items ready to collect", items
        )
    else:
        text = ngettext(
            "%(count)d item with %(carrier)s", "%(count)d items with %(carrier)s", items
        )
    text = text % {"count": items, "carrier": shipment.carrier_name}
    record_event(
        order,
        OrderEvent.Kind.DISPATCH,
        text,
        user=shipment.user,
        reference=shipment.tracking_number,
    )
    set_status(order, SHIPPED if is_last else PART_SHIPPED, user=shipment.user)


def parcel_of(shipment: Shipment) -> Parcel:
    """A parcel that was just recorded, for pages and mails."""
    rows = shipment.event.line_quantities.select_related("line").order_by("line_id")
    items = [(row.line, row.quantity) for row in rows]
    return Parcel(shipment=shipment, sent_at=shipment.event.date_created, items=items)


def arrival_of_parcel(order: AbstractOrder, *, at: datetime | None = None) -> Arrival | None:
    """When a parcel sent ``at`` (default: now) arrives; None if the delivery method is gone."""
    method = DeliveryMethod.objects.filter(code=order.shipping_code).first()
    if method is None:
        return None
    leaves = add_working_days(timezone.localtime(at).date(), 0)
    return Arrival(
        add_working_days(leaves, method.min_days), add_working_days(leaves, method.max_days)
    )


@retry_transient
def mark_delivered(
    order_id: int, shipment_id: int, *, user: User | None = None, at: datetime | None = None
) -> bool:
    """Mark a parcel as delivered; with the last one of a fully sent order, the order too.

    Returns False if it was marked before. Raises DispatchRefused for a parcel of another order.
    Locks the order.
    """
    with transaction.atomic(durable=True):
        order = lock_order(order_id)
        shipments = Shipment.objects.filter(event__order=order)
        shipment = shipments.filter(pk=shipment_id).first()
        if shipment is None:
            raise DispatchRefused(_("This parcel is not part of the order."))
        if shipment.delivered_at:
            return False
        shipment.delivered_at = at or timezone.now()
        shipment.save(update_fields=["delivered_at"])
        record_event(
            order,
            OrderEvent.Kind.DELIVERY,
            _("Items were collected") if shipment.is_collection else _("A parcel was delivered"),
            user=user,
            reference=shipment.tracking_number,
        )
        finish_if_delivered(order, user=user)
        return True


def finish_if_delivered(order: AbstractOrder, *, user: User | None) -> None:
    """Set the order to "Delivered" if everything was sent and all parcels arrived."""
    waiting = Shipment.objects.filter(event__order=order, delivered_at=None)
    if order.status == SHIPPED and not waiting.exists():
        set_status(order, DELIVERED, user=user)


def may_cancel_rest(order: AbstractOrder) -> bool:
    """Whether the unsent items can be cancelled: the customer has others already."""
    is_paid = order.status in (PAID, PACKING, PART_SHIPPED)
    return is_paid and has_handed_over(order) and bool(units_to_send(order))


@retry_transient
def cancel_rest(order_id: int, *, reason: str, user: User | None = None) -> None:
    """Return the unsent units of an order to stock and set it to "Shipped".

    Only for orders of which the customer has something already (``may_cancel_rest``).

    Money stays as it is; refund the rest separately. Raises DispatchRefused with a sentence. Locks
    the stock records by key, then the order.
    """
    with transaction.atomic(durable=True):
        order = lock_with_stock(order_id)
        if not may_cancel_rest(order):
            raise DispatchRefused(_("You can only cancel unsent items of a partly shipped order."))
        cause = Cause(order=order.number, user=user, reason=reason)
        release_stock(allocated_units(order), cause)
        left = units_to_send(order)
        write_event(order, left, GIVEN_UP)
        lines = list(order.lines.filter(pk__in=left))
        for line in lines:
            line.num_allocated = 0
            line.status = SHIPPED if line.status == PART_SHIPPED else CANCELLED
        _save(lines)
        set_status(order, SHIPPED, why=reason, user=user)
        finish_if_delivered(order, user=user)


def cancel_units(order: AbstractOrder, units: dict[int, int]) -> None:
    """Record that ``{line_id: quantity}`` of a locked order will never be sent.

    The caller has released the stock, and sets the status if nothing is left to send.
    """
    write_event(order, units, GIVEN_UP)
    for line in order.lines.filter(pk__in=units):
        line.num_allocated = max(line.num_allocated - units[line.pk], 0)
        line.save(update_fields=["num_allocated"])
