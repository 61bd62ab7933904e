"""Authorised payments: captured at dispatch, in parts if the bank allows it, or voided.

With ``PAYMENT_CAPTURE=manual`` a card is only authorised when the order is placed. Each shipment
captures its value before it leaves; if the bank allows a single capture, the first takes
everything. Staff may capture a part and void the rest. Lock order: basket, attempt, stock by key,
order.
"""

import logging
import uuid
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task
from oscar.apps.order.abstract_models import AbstractOrder

from checkout_app.exceptions import CaptureRefused, GatewayRefused, GatewayUnavailable
from checkout_app.gateways.registry import gateway_of
from checkout_app.models import (
    IDEMPOTENCY_KEY_LIFETIME,
    CaptureRequest,
    Dispute,
    PaymentAttempt,
    Progress,
    State,
)
from checkout_app.payments import checkpoints, release, settle
from checkout_app.payments.attempts import isolate_errors, leave_to_reconcile, lock_attempt
from commerce.audit.order_history import record_event
from commerce.digital.goods import Fulfilment
from commerce.digital.withholding import withholds
from commerce.exceptions import DispatchDelayed, DispatchRefused
from commerce.models import OrderEvent, User
from commerce.money import share_of, to_minor
from commerce.order_statuses import CANCELLED, DELIVERED, RETURNED, SHIPPED
from commerce.orders.fulfilment import fulfilments_of_lines
from commerce.orders.shipments import (
    HANDED_OVER,
    checks_dispatch,
    prepares_dispatch,
    quantities_of,
    units_to_send,
)
from commerce.shop_settings.current import in_the_shops_terms
from commerce.transactions import retry_transient

logger = logging.getLogger("vitrine.payments")

#: Nothing more is shipped of such an order, so the rest of its authorisation is voided.
NOTHING_LEFT = (SHIPPED, DELIVERED, RETURNED)
#: How long before an authorisation expires staff are warned.
WARN_BEFORE = timedelta(days=2)


# --- At dispatch ----------------------------------------------------------------------------------


@prepares_dispatch
def capture_for_shipment(order: AbstractOrder, units: dict[int, int], user: User | None) -> None:
    """Capture the value of a shipment before it leaves.

    Idempotent: a second call for the same shipment captures nothing more. Raises DispatchRefused
    if the payment is disputed or refunded, if the bank refuses, or if the authorisation ended
    before the shipment's value was captured; DispatchDelayed if the gateway does not respond.
    """
    attempt = order.attempts.order_by("-pk").first()
    if attempt is None:  # an imported order, or one from before the checkout
        return
    _check_disputes(attempt)
    if attempt.state == State.AUTHORISED:
        try:
            attempt = _capture_shipment(attempt, order, units, user=user)
        except (GatewayUnavailable, GatewayRefused, CaptureRefused) as error:
            is_delay = isinstance(error, GatewayUnavailable)
            refusal = DispatchDelayed if is_delay else DispatchRefused
            text = _("The payment couldn’t be captured: %(why)s") % {"why": error}
            raise refusal(text) from error
    if attempt.state not in (State.AUTHORISED, State.PAID, State.PART_REFUNDED):
        raise DispatchRefused(
            _("The payment is “%(state)s”, so nothing can be sent.")
            % {"state": attempt.get_state_display()}
        )
    if not covers_shipment(attempt, order, units):
        raise DispatchRefused(_("The payment couldn’t be captured. See the payment on this page."))


@checks_dispatch
def check_shipment_is_captured(order: AbstractOrder, units: dict[int, int]) -> None:
    """Raise DispatchRefused unless the captures cover a shipment of a locked order.

    Two shipments prepared at the same time capture the value of one. The first leaves, the second
    is refused; dispatching it again captures its value.
    """
    attempt = order.attempts.order_by("-pk").first()
    if attempt is not None and not covers_shipment(attempt, order, units):
        raise DispatchRefused(
            _(
                "Another parcel of this order was dispatched at the same time. Dispatch this one "
                "again to capture its payment."
            )
        )


@withholds
def has_unfavourable_dispute(order: AbstractOrder) -> bool:
    """Whether a payment of the order is disputed, or was lost in a dispute."""
    disputes = Dispute.objects.filter(attempt__order=order)
    open_or_lost = ~Q(status__in=Dispute.ENDED) | Q(status=Dispute.LOST)
    return disputes.filter(open_or_lost).exists()


def _check_disputes(attempt: PaymentAttempt) -> None:
    """Raise DispatchRefused if the payment is disputed, or was lost in a dispute."""
    disputes = Dispute.objects.filter(attempt=attempt)
    if disputes.exclude(status__in=Dispute.ENDED).exists():
        raise DispatchRefused(
            _("The customer’s bank is disputing this payment, so nothing can be sent.")
        )
    if disputes.filter(status=Dispute.LOST).exists():
        raise DispatchRefused(
            _("The customer’s bank took this payment back, so nothing can be sent.")
        )


def _capture_shipment(
    attempt: PaymentAttempt, order: AbstractOrder, units: dict[int, int], *, user: User | None
) -> PaymentAttempt:
    """Settle the attempt and, if it is still authorised, capture the shipment's value."""
    intent = gateway_of(attempt).retrieve_intent(attempt.stored_intent_id)
    attempt = settle.settle_attempt(attempt, intent)
    if attempt.state != State.AUTHORISED:
        return attempt
    is_final = not intent.may_capture_often or units == units_to_send(order)
    request_shipment_capture(attempt.pk, units, is_final=is_final, user=user)
    return send_captures(attempt)


def covers_shipment(attempt: PaymentAttempt, order: AbstractOrder, units: dict[int, int]) -> bool:
    """Whether the captures cover these units and those shipped before.

    True for a payment that is not captured per shipment.
    """
    if not _is_captured_per_shipment(attempt):
        return True
    return attempt.money_taken >= shipped_value(order, units)


def _is_captured_per_shipment(attempt: PaymentAttempt) -> bool:
    """Whether each shipment needs its own capture: no final capture was made."""
    if attempt.state == State.AUTHORISED:
        return True
    done = attempt.captures.filter(progress=Progress.DONE)
    return done.exists() and not done.filter(is_final=True).exists()


def shipped_value(order: AbstractOrder, units: dict[int, int]) -> Decimal:
    """Value of units and of all units shipped or provided before, as one amount.

    The price of delivery is part of it from the first parcel on.
    """
    sent = quantities_of(order, *HANDED_OVER)
    kinds = fulfilments_of_lines(order)
    total, is_posted = Decimal(0), Fulfilment.PARCEL not in kinds.values()
    for line in order.lines.all():
        count = sent.get(line.pk, 0) + units.get(line.pk, 0)
        is_posted |= bool(count) and kinds[line.pk] is Fulfilment.PARCEL
        total += share_of(
            line.line_price_incl_tax, 0, count, line.quantity, currency=order.currency
        )
    return total + order.shipping_incl_tax if is_posted else total


@retry_transient
def request_shipment_capture(
    attempt_id: int, units: dict[int, int], *, is_final: bool, user: User | None
) -> None:
    """Write a capture request for the part of a shipment's value not requested before.

    A final capture takes everything left of the amount, and a capture of everything left is
    final. Raises CaptureRefused if the order is cancelled. Locks basket, attempt.
    """
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        requested = _requested_amount(attempt)
        goal = attempt.amount if is_final else shipped_value(attempt.order, units)
        if goal > requested:
            is_final = goal >= attempt.amount  # Stripe requires it for a capture of everything.
            _create_capture_request(attempt, goal - requested, is_final=is_final, user=user)


# --- By staff ------------------------------------------------------------------------------------


@retry_transient
def request_capture(
    attempt_id: int, *, amount: Decimal | None = None, key: str = "", user: User | None = None
) -> CaptureRequest:
    """Write a capture request for staff: everything that is left, or a part; the rest is voided.

    Returns the CaptureRequest; the same ``key`` returns the same request. Raises CaptureRefused
    with a sentence for staff; nothing is written then. Locks basket, attempt.
    """
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        before = CaptureRequest.objects.filter(key=key).first() if key else None
        if before:
            return before
        left = attempt.amount - _requested_amount(attempt)
        amount = left if amount is None else amount
        if attempt.state != State.AUTHORISED:
            raise CaptureRefused(_("No payment is authorised for this order."))
        if not Decimal(0) < amount <= left:
            raise CaptureRefused(_("That’s more than the authorised amount."))
        return _create_capture_request(attempt, amount, is_final=True, user=user, key=key)


def _create_capture_request(
    attempt: PaymentAttempt, amount: Decimal, *, is_final: bool, user: User | None, key: str = ""
) -> CaptureRequest:
    if attempt.order.status == CANCELLED:
        raise CaptureRefused(_("The order is cancelled."))
    request = CaptureRequest.objects.create(
        attempt=attempt, key=key or uuid.uuid4().hex, amount=amount, is_final=is_final, user=user
    )
    record_event(
        attempt.order, OrderEvent.Kind.PAYMENT, _("Capture requested"), amount=amount, user=user
    )
    return request


def _requested_amount(attempt: PaymentAttempt) -> Decimal:
    """Sum of the attempt's captures that did not fail."""
    requests = attempt.captures.exclude(progress=Progress.FAILED)
    return sum(requests.values_list("amount", flat=True), Decimal(0))


def retry_capture(request_id: int) -> PaymentAttempt | None:
    """Make a failed capture due again, under a new key. Returns its attempt, or None."""
    failed = CaptureRequest.objects.filter(
        pk=request_id, progress=Progress.FAILED, attempt__state=State.AUTHORISED
    )
    if not failed.update(progress=Progress.DUE, key=uuid.uuid4().hex):
        return None
    return PaymentAttempt.objects.get(captures=request_id)


# --- At the gateway -------------------------------------------------------------------------------


def send_captures(attempt: PaymentAttempt) -> PaymentAttempt:
    """Send every due capture, once per key. Returns the attempt.

    Raises GatewayUnavailable; the request stays due then and the reconcile job sends it again.
    """
    for request in attempt.captures.filter(progress=Progress.DUE):
        if request.created_at < timezone.now() - IDEMPOTENCY_KEY_LIFETIME and _was_captured(
            attempt, request
        ):
            continue
        try:
            intent = gateway_of(attempt).capture(
                key=f"{request.key}:capture",
                intent_id=attempt.stored_intent_id,
                amount_minor=to_minor(request.amount, attempt.currency),
                is_final=request.is_final,
            )
        except GatewayRefused as error:
            CaptureRequest.objects.filter(pk=request.pk, progress=Progress.DUE).update(
                progress=Progress.FAILED, last_error=str(error)[:500]
            )
            logger.error("capture for order %s refused: %s", attempt.order.number, error)
            continue
        checkpoints.reached(checkpoints.CAPTURE_SENT)
        CaptureRequest.objects.filter(pk=request.pk).update(progress=Progress.DONE)
        settle.settle_attempt(attempt, intent)
    attempt.refresh_from_db()
    return attempt


def _was_captured(attempt: PaymentAttempt, request: CaptureRequest) -> bool:
    """Whether an old request was captured already; its key has expired at the gateway."""
    intent = gateway_of(attempt).retrieve_intent(attempt.stored_intent_id)
    done = attempt.captures.filter(progress=Progress.DONE).values_list("amount", flat=True)
    if intent.received_minor < to_minor(sum(done) + request.amount, attempt.currency):
        return False
    CaptureRequest.objects.filter(pk=request.pk).update(progress=Progress.DONE)
    settle.settle_attempt(attempt, intent)
    return True


def void_authorisation(attempt: PaymentAttempt, *, reason: str) -> PaymentAttempt:
    """Void an authorisation at the gateway, then record it. Returns the attempt.

    If a part was captured, only the rest is voided and the attempt is settled, which schedules a
    refund for a cancelled order. Raises GatewayUnavailable and GatewayRefused.
    """
    if attempt.state not in (State.AUTHORISED, State.REVIEW):
        return attempt
    gateway = gateway_of(attempt)
    intent = gateway.retrieve_intent(attempt.stored_intent_id)
    if intent.received_minor and intent.status == "requires_capture":
        # A cancellation would be refused; a final capture of nothing voids the rest.
        intent = gateway.capture(
            key=f"{attempt.key}:rest", intent_id=intent.id, amount_minor=0, is_final=True
        )
    if intent.received_minor:
        return settle.settle_attempt(attempt, intent)
    intent = gateway.cancel_intent(attempt.stored_intent_id)
    checkpoints.reached(checkpoints.VOID_CANCELLED)
    if intent.status == "canceled":
        return release.record_void(attempt.pk, reason=reason)
    return settle.settle_attempt(attempt, intent)


def expiring_authorisations(*, at: datetime | None = None) -> QuerySet[PaymentAttempt]:
    """Attempts whose authorisation expires within two days."""
    at = at or timezone.now()
    return PaymentAttempt.objects.filter(
        state=State.AUTHORISED, held_until__lte=at + WARN_BEFORE
    ).select_related("order")


def reconcile_authorisations(*, at: datetime | None = None) -> None:
    """Send due captures, void authorisations no longer needed, and settle expired ones."""
    at = at or timezone.now()
    held = PaymentAttempt.objects.filter(state=State.AUTHORISED).select_related("order")
    due = held.filter(captures__progress=Progress.DUE).exclude(order__status=CANCELLED)
    for attempt in due.distinct().order_by("pk"):
        with isolate_errors(f"capturing order {attempt.order.number}"):
            send_captures(attempt)
    for attempt in _voidable().order_by("pk"):
        with isolate_errors(f"voiding order {attempt.order.number}"):
            void_authorisation(attempt, reason="order cancelled")
    for attempt in held.filter(order__status__in=NOTHING_LEFT).order_by("pk"):
        with isolate_errors(f"voiding the rest of order {attempt.order.number}"):
            void_authorisation(attempt, reason="nothing is left to send")
    for attempt in held.filter(held_until__lte=at).order_by("pk"):
        with isolate_errors(f"settling the expired authorisation of order {attempt.order.number}"):
            settle.settle(attempt.stored_intent_id, at=at)


def _voidable() -> QuerySet[PaymentAttempt]:
    """Authorisations of cancelled orders. Under review, only those of which nothing was captured."""
    uncaptured = Q(state=State.REVIEW, transactions=None)
    cancelled = PaymentAttempt.objects.filter(order__status=CANCELLED).select_related("order")
    return cancelled.filter(Q(state=State.AUTHORISED) | uncaptured).distinct()


@task()
@in_the_shops_terms()
def void_authorisation_task(attempt_id: int) -> None:
    """Void the authorisation of a cancelled order."""
    with leave_to_reconcile("void", attempt_id):
        void_authorisation(PaymentAttempt.objects.get(pk=attempt_id), reason="order cancelled")
