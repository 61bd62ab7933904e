"""Returns: requested, approved or refused, received, refunded.

Money isn't moved here: a refund calls ``mark_refunded``. Rules: docs/orders.md.
"""

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from oscar.apps.order.abstract_models import AbstractOrder
from oscar.core.loading import get_model

from commerce.audit.order_history import record_event
from commerce.exceptions import ReturnRefused
from commerce.models import OrderEvent, ReturnLine, ReturnRequest, Shipment, User
from commerce.order_statuses import DELIVERED, PART_SHIPPED, RETURNED, SHIPPED
from commerce.orders.mails import queue_order_mail
from commerce.orders.pipeline import lock_order, set_status
from commerce.orders.reservations import lock_stock, restock
from commerce.orders.shipments import CAME_BACK, quantities_of, units_sent
from commerce.shop_values.readable_codes import readable_code
from commerce.stock.bundles import lines_with_stock, units_from_stock
from commerce.stock.history import Cause
from commerce.transactions import retry_transient

State = ReturnRequest.State
#: The allowed state changes.
MOVES = {
    State.REQUESTED: (State.APPROVED, State.REFUSED),
    State.APPROVED: (State.RECEIVED, State.REFUSED),
    State.RECEIVED: (State.REFUNDED,),
}
#: Statuses of orders with sent items.
RETURNABLE = (PART_SHIPPED, SHIPPED, DELIVERED)


@dataclass(frozen=True)
class Received:
    """What was received of one line: how many, their condition, and whether they can be sold again."""

    quantity: int
    condition: str = ReturnLine.Condition.AS_NEW
    restock: bool = False


@dataclass(frozen=True)
class ReturnOffer:
    """Returns as the order's page shows them: the form's URL, the last day, and past requests."""

    url: str = ""
    until: date | None = None
    requests: list[ReturnRequest] = field(default_factory=list)


# --- What may come back ---------------------------------------------------------------------------


def delivered_on(order: AbstractOrder) -> date | None:
    """The day the last parcel arrived; None while one is on its way."""
    parcels = Shipment.objects.filter(event__order=order)
    moments = list(parcels.values_list("delivered_at", flat=True))
    delivered = [moment for moment in moments if moment is not None]
    if not delivered or len(delivered) < len(moments) or order.status == PART_SHIPPED:
        return None
    return timezone.localtime(max(delivered)).date()


def return_until(order: AbstractOrder) -> date | None:
    """The last day for requesting a return; None until everything is delivered."""
    day = delivered_on(order)
    return day + timedelta(days=settings.RETURN_DAYS) if day else None


def units_returnable(order: AbstractOrder) -> dict[int, int]:
    """Units that can still be returned, ``{line_id: units}`` without zeros.

    They were sent, are not part of a return, and no refund has restocked them.
    """
    asked = defaultdict(int, quantities_of(order, CAME_BACK))
    rows = ReturnLine.objects.filter(request__order=order).exclude(request__state=State.REFUSED)
    for line_id, quantity, received in rows.values_list("line", "quantity", "received"):
        asked[line_id] += quantity if received is None else received
    left = {pk: units - asked[pk] for pk, units in units_sent(order).items()}
    return {pk: units for pk, units in left.items() if units > 0}


def units_received(
    order: AbstractOrder, *states: State, return_id: int | None = None
) -> dict[int, int]:
    """Units received with the order's returns in these states, or with one return, by line."""
    rows = ReturnLine.objects.filter(request__order=order, request__state__in=states)
    if return_id is not None:
        rows = rows.filter(request=return_id)
    came: defaultdict[int, int] = defaultdict(int)
    for line_id, received in rows.exclude(received=None).values_list("line", "received"):
        came[line_id] += received or 0
    return came


def refusal_to_return(order: AbstractOrder, *, at: datetime | None = None) -> str:
    """Why nothing in an order can be returned now, as a sentence; "" if something can."""
    if order.status not in RETURNABLE or not units_returnable(order):
        return _("Nothing in this order can be returned.")
    until = return_until(order)
    if until and timezone.localtime(at).date() > until:
        return _("This order could be returned until %(day)s.") % {
            "day": date_format(until, "DATE_FORMAT")
        }
    return ""


def return_offer(order: AbstractOrder, *, token: str = "") -> ReturnOffer:
    """Returns for the order's page, for its customer or a guest with its link."""
    url = ""
    if not refusal_to_return(order):
        name, key = ("guest-return", token) if token else ("order-return", order.number)
        url = reverse(name, args=[key])
    requests = order.returns.prefetch_related("lines__line")
    return ReturnOffer(url=url, until=return_until(order), requests=list(requests))


def refund_url(request: ReturnRequest) -> str:
    """The page on which staff refund a return; "" if there is none."""
    try:
        return f"{reverse('order-refund', args=[request.order.number])}?return={request.pk}"
    except NoReverseMatch:
        return ""


# --- Asking ---------------------------------------------------------------------------------------


@retry_transient
def request_return(
    order_id: int,
    quantities: dict[int, int],
    *,
    reason: str,
    key: str = "",
    at: datetime | None = None,
) -> ReturnRequest:
    """Request a return of ``{line_id: units}``. Returns the existing request for a known ``key``.

    Raises ReturnRefused with a sentence. Locks the order, so that no unit is requested twice.
    """
    key = f"{order_id}:{key}"[:64] if key else ""
    with transaction.atomic(durable=True):
        order = lock_order(order_id)
        known = ReturnRequest.objects.filter(key=key, order=order).first() if key else None
        if known:
            return known
        refusal = refusal_to_return(order, at=at)
        if refusal:
            raise ReturnRefused(refusal)
        return _write_request(order, quantities, reason=reason, key=key)


def grant_return(
    order: AbstractOrder,
    quantities: dict[int, int],
    *,
    reason: str,
    key: str,
    answer: str,
    user: User | None,
) -> ReturnRequest:
    """Create an approved return of a locked order, without a time limit.

    Raises ReturnRefused. The caller notifies the customer.
    """
    request = _write_request(order, quantities, reason=reason, key=key, user=user)
    _move(request, State.APPROVED, answer=answer)
    return request


def _write_request(
    order: AbstractOrder,
    quantities: dict[int, int],
    *,
    reason: str,
    key: str,
    user: User | None = None,
) -> ReturnRequest:
    left = units_returnable(order)
    wanted = {pk: count for pk, count in quantities.items() if count}
    if not wanted:
        raise ReturnRefused(_("Choose at least one item."))
    for pk, count in wanted.items():
        if count < 0 or count > left.get(pk, 0):
            raise ReturnRefused(_("You’ve chosen more than can be returned. Please choose again."))
    request = ReturnRequest.objects.create(
        number=new_number("R"), key=key or uuid.uuid4().hex, order=order, reason=reason
    )
    ReturnLine.objects.bulk_create(
        ReturnLine(request=request, line_id=pk, quantity=count) for pk, count in wanted.items()
    )
    text = _("Return requested: %(reason)s") % {"reason": reason}
    record_event(order, OrderEvent.Kind.RETURN, text, user=user, reference=request.number)
    return request


def new_number(letter: str) -> str:
    """A number that is easy to read out and hard to guess, such as "R-7K2P9XQD"."""
    return f"{letter}-{readable_code(8)}"


# --- Deciding -------------------------------------------------------------------------------------


@retry_transient
def approve_return(return_id: int, *, instructions: str, user: User | None) -> ReturnRequest:
    """Approve a return and tell the customer how to send it. Locks the order and the return."""
    with transaction.atomic(durable=True):
        request = _lock(return_id)
        _move(request, State.APPROVED, answer=instructions)
        _mail_outcome(request, "return_approved", _("Return approved"), user=user)
        return request


@retry_transient
def refuse_return(return_id: int, *, reason: str, user: User | None) -> ReturnRequest:
    """Refuse a return, or close one that never arrived, and mail the reason.

    Locks order and return.
    """
    with transaction.atomic(durable=True):
        request = _lock(return_id)
        _move(request, State.REFUSED, answer=reason)
        _mail_outcome(request, "return_refused", _("Return refused"), user=user)
        return request


@retry_transient
def receive_return(
    return_id: int, received: dict[int, Received], *, user: User | None
) -> ReturnRequest:
    """Record received items, ``{return_line_id: Received}``, and restock saleable ones.

    The order becomes "Returned" when all sent units are back. Raises ReturnRefused if more was
    received than requested, or nothing. Locks the stock records by key, the order, the return.
    """
    with transaction.atomic(durable=True):
        asked = list(ReturnLine.objects.filter(request=return_id).select_related("line"))
        units = {row.line_id: row.quantity for row in asked}
        lock_stock(units_from_stock([row.line for row in asked], units))
        request = _lock(return_id)
        rows = list(request.lines.select_related("line"))
        _check_received(rows, received)
        _move(request, State.RECEIVED)
        restockable = lines_with_stock(row.line for row in rows)
        for row in rows:
            came = received.get(row.pk, Received(0))
            row.received = came.quantity
            row.condition = came.condition if came.quantity else ""
            is_back = came.restock and row.line_id in restockable
            row.restocked = came.quantity if is_back else 0
        ReturnLine.objects.bulk_update(rows, ["received", "condition", "restocked"])
        back = {row.line_id: row.restocked for row in rows}
        cause = Cause(order=request.order.number, user=user, reason=request.number)
        restock(units_from_stock([row.line for row in rows], back), cause)
        _mail_outcome(request, "return_received", _("Return received"), user=user)
        _mark_returned(request.order, user=user)
        return request


def _check_received(rows: list[ReturnLine], received: dict[int, Received]) -> None:
    if received.keys() - {row.pk for row in rows}:
        raise ReturnRefused(_("One of the items is not part of this return."))
    for row in rows:
        came = received.get(row.pk, Received(0))
        if not 0 <= came.quantity <= row.quantity:
            raise ReturnRefused(
                _("%(title)s: %(asked)d requested, so %(came)d can’t have been received.")
                % {"title": row.line.title, "asked": row.quantity, "came": came.quantity}
            )
        if came.quantity and came.condition not in ReturnLine.Condition.values:
            raise ReturnRefused(_("Choose the condition of each item."))
    if not any(came.quantity for came in received.values()):
        raise ReturnRefused(_("If nothing was received, refuse the return instead."))


def _mark_returned(order: AbstractOrder, *, user: User | None) -> None:
    """Set lines to "Returned" when all their units are back, and the order when all lines are."""
    back = defaultdict(int, quantities_of(order, CAME_BACK))
    rows = ReturnLine.objects.filter(request__order=order).exclude(received=None)
    for line_id, received in rows.values_list("line", "received"):
        back[line_id] += received or 0
    sent = units_sent(order)
    if order.status in (SHIPPED, DELIVERED) and all(back[pk] >= sent[pk] for pk in sent):
        set_status(order, RETURNED, user=user)
    lines = [
        line for line in order.lines.all() if sent.get(line.pk) and back[line.pk] >= sent[line.pk]
    ]
    for line in lines:
        if RETURNED in line.available_statuses():
            line.status = RETURNED
    get_model("order", "Line").objects.bulk_update(lines, ["status"])


def mark_refunded(return_id: int, user: User | None = None) -> ReturnRequest:
    """Mark a received return as refunded. Raises ReturnRefused if it wasn't received.

    May be part of the refund's own transaction. Locks the order, then the return.
    """
    with transaction.atomic():
        request = _lock(return_id)
        _move(request, State.REFUNDED)
        record_event(
            request.order,
            OrderEvent.Kind.RETURN,
            _("Return refunded"),
            user=user,
            reference=request.number,
        )
        return request


def _lock(return_id: int) -> ReturnRequest:
    order_id = ReturnRequest.objects.values_list("order_id", flat=True).get(pk=return_id)
    order = lock_order(order_id)
    request = ReturnRequest.objects.select_for_update().get(pk=return_id)
    request.order = order
    return request


def _move(request: ReturnRequest, state: State, *, answer: str | None = None) -> None:
    if state not in MOVES.get(State(request.state), ()):
        raise ReturnRefused(
            _("Return %(number)s is “%(old)s” and can’t become “%(new)s”.")
            % {
                "number": request.number,
                "old": State(request.state).label,
                "new": state.label,
            }
        )
    moment = {State.RECEIVED: "received_at", State.REFUNDED: "refunded_at"}.get(state, "decided_at")
    request.state = state
    setattr(request, moment, timezone.now())
    if answer is not None:
        request.answer = answer
    request.save(update_fields=["state", moment, "answer"])


def _mail_outcome(request: ReturnRequest, code: str, text: str, *, user: User | None) -> None:
    """Add to the order's history and mail the customer, once per state."""
    record_event(
        request.order,
        OrderEvent.Kind.RETURN,
        f"{text}: {request.answer}" if request.state == State.REFUSED else text,
        user=user,
        reference=request.number,
    )
    facts = {
        "return_number": request.number,
        "items": items_of_return(request),
        "answer": request.answer,
    }
    queue_order_mail(request.order, code, facts, key=f"{code}:{request.number}".replace("_", "-"))


def items_of_return(request: ReturnRequest) -> list[dict[str, Any]]:
    """The items of a return for a mail: as received, or else as requested."""
    return [
        {
            "title": row.line.title,
            "quantity": row.quantity if row.received is None else row.received,
        }
        for row in request.lines.select_related("line")
        if row.received != 0
    ]
