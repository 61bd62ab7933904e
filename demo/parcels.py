"""Loads shipments, returns and a withdrawal of the demo's past orders."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.text import slugify
from oscar.core.loading import get_model

from commerce.models import OrderEvent, ReturnLine, ReturnRequest, Shipment, Withdrawal
from commerce.order_statuses import DELIVERED, SHIPPED
from commerce.orders.shipments import SENT
from commerce.pricing.delivery import add_working_days
from commerce.returns.returns import new_number

ShippingEvent = get_model("order", "ShippingEvent")
ShippingEventQuantity = get_model("order", "ShippingEventQuantity")
ShippingEventType = get_model("order", "ShippingEventType")

#: Carriers, with the prefix and number of digits of their tracking numbers.
CARRIERS = {
    "royal-mail": ("RM", 9), "dpd": ("1550", 10), "dhl": ("JD01", 12),
    "dhl-paket": ("0034", 16), "dpd-de": ("0150", 10),
}  # fmt: skip


def write_parcels(
    orders: Iterable[Any],
    moments: dict[tuple[int, str], datetime],
    carriers: Sequence[str],
    *,
    text: str,
) -> None:
    """Write one parcel per shipped order. ``moments`` is ``{(order pk, status): time}``."""
    kind, _new = ShippingEventType.objects.get_or_create(name=SENT)
    shipped = [order for order in orders if (order.pk, SHIPPED) in moments]
    ShippingEvent.objects.bulk_create(
        ShippingEvent(order=order, event_type=kind) for order in shipped
    )
    events = {event.order_id: event for event in ShippingEvent.objects.filter(order__in=shipped)}
    for order in shipped:
        events[order.pk].date_created = moments[order.pk, SHIPPED]
    ShippingEvent.objects.bulk_update(events.values(), ["date_created"])
    lines = get_model("order", "Line").objects.filter(order__in=shipped)
    ShippingEventQuantity.objects.bulk_create(
        ShippingEventQuantity(event=events[line.order_id], line=line, quantity=line.quantity)
        for line in lines
    )
    Shipment.objects.bulk_create(
        _parcel(order, events[order.pk], moments, carriers[place % len(carriers)])
        for place, order in enumerate(shipped)
    )
    OrderEvent.objects.bulk_create(_dispatch_event(order, moments, text) for order in shipped)


def _parcel(order, event, moments, carrier):
    head, digits = CARRIERS[carrier]
    left = timezone.localtime(moments[order.pk, SHIPPED]).date()
    return Shipment(
        event=event,
        key=f"demo-{order.number}"[:64],
        carrier=carrier,
        tracking_number=head + str(10**digits + order.pk * 7919)[1:],
        arrives_from=add_working_days(left, 1),
        arrives_until=add_working_days(left, 3),
        delivered_at=moments.get((order.pk, DELIVERED)),
    )


def _dispatch_event(order, moments, text):
    return OrderEvent(
        order=order,
        kind=OrderEvent.Kind.DISPATCH,
        text=text,
        created_at=moments[order.pk, SHIPPED] - timedelta(seconds=1),
    )


def write_returns(orders: list[Any], words: dict[str, str], *, at: datetime) -> None:
    """Write a requested return, an approved one, and a withdrawal, with what was written."""
    delivered = [order for order in orders if order.status == DELIVERED]
    # Newest last, but the orders of the customer who can sign in come after all others.
    delivered.sort(key=lambda order: not order.user.email.endswith("@example.com"))
    requests = (
        (ReturnRequest.State.REQUESTED, words["return_requested"], ""),
        (ReturnRequest.State.APPROVED, words["return_approved"], words["return_answer"]),
    )
    for place, (order, (state, reason, answer)) in enumerate(
        zip(reversed(delivered), requests, strict=False)
    ):
        request = ReturnRequest.objects.create(
            number=new_number("R"),
            key=f"demo-{order.number}"[:64],
            order=order,
            state=state,
            reason=reason,
            answer=answer,
            created_at=at - timedelta(hours=3 + 20 * place),
            decided_at=at - timedelta(hours=2) if answer else None,
        )
        ReturnLine.objects.create(request=request, line=order.lines.first(), quantity=1)
        OrderEvent.objects.create(
            order=order,
            kind=OrderEvent.Kind.RETURN,
            text=f"{words['return_event']}: {reason}",
            reference=request.number,
            created_at=request.created_at,
        )
    _write_withdrawal([order for order in orders if order.status == SHIPPED], at=at)


def _write_withdrawal(shipped, *, at):
    for order in shipped[-1:]:
        Withdrawal.objects.create(
            number=new_number("W"),
            key=slugify(f"demo {order.number}"),
            name=order.user.get_full_name(),
            email=order.user.email,
            order_number=order.number,
            submitted_at=at - timedelta(hours=5),
            order=order,
        )
