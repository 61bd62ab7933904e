"""Money that a bank holds: taken at dispatch, in parts where the bank allows it, or given up.

With ``PAYMENT_CAPTURE=manual`` a card is only authorised when the order is placed. A parcel takes
what it holds before it leaves; where the bank allows one capture alone, the first takes all. Staff
may take a part and give the rest up. Lock order: basket, attempt, stock by key, order.
"""

import logging
import uuid
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

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
from commerce.audit.order_history import note_event
from commerce.exceptions import DispatchRefused
from commerce.money import share_of, to_minor
from commerce.order_statuses import CANCELLED, DELIVERED, RETURNED, SHIPPED
from commerce.orders.shipments import prepares_dispatch, units_sent, units_to_send
from commerce.transactions import retry_transient

logger = logging.getLogger("vitrine.payments")

#: Of such an order nothing leaves any more, so that nothing more is taken.
NOTHING_LEFT = (SHIPPED, DELIVERED, RETURNED)
#: From here on staff are warned that a hold ends.
WARN_BEFORE = timedelta(days=2)


# --- At dispatch ----------------------------------------------------------------------------------


@prepares_dispatch
def capture_for_shipment(order, units, user):
    """Nothing leaves that is not paid: take what the parcel holds, before it leaves.

    Bears being called twice for one parcel: what was taken for it already is not taken again.
    Raises DispatchRefused where the order is disputed, was paid back, or the bank says no; and
    where the hold ended with less than the parcel's value taken.
    """
    attempt = order.attempts.order_by("-pk").first()
    if attempt is None:  # An order of before, or one that was imported.
        return
    _check_disputes(attempt)
    if attempt.state == State.AUTHORISED:
        try:
            attempt = _capture_shipment(attempt, order, units, user=user)
        except (GatewayUnavailable, GatewayRefused, CaptureRefused) as error:
            raise DispatchRefused(
                _("The money could not be taken: %(why)s") % {"why": error}
            ) from error
    if attempt.state not in (State.AUTHORISED, State.PAID, State.PART_REFUNDED):
        raise DispatchRefused(
            _("The payment is “%(state)s”: nothing is sent.")
            % {"state": attempt.get_state_display()}
        )
    if _is_captured_per_shipment(attempt) and attempt.money_taken < shipped_value(order, units):
        raise DispatchRefused(_("The money could not be taken; see the payment on this page."))


def _check_disputes(attempt):
    disputes = Dispute.objects.filter(attempt=attempt)
    if disputes.exclude(status__in=Dispute.ENDED).exists():
        raise DispatchRefused(_("The customer's bank disputes this payment: nothing is sent."))
    if disputes.filter(status=Dispute.LOST).exists():
        raise DispatchRefused(_("The customer's bank took this payment back: nothing is sent."))


def _capture_shipment(attempt, order, units, *, user):
    intent = gateway_of(attempt).retrieve_intent(attempt.intent_id)
    attempt = settle.settle_intent(intent)
    if attempt.state != State.AUTHORISED:
        return attempt
    is_final = not intent.may_capture_often or units == units_to_send(order)
    request_shipment_capture(attempt.pk, units, is_final=is_final, user=user)
    return send_captures(attempt)


def _is_captured_per_shipment(attempt):
    """Whether each parcel has to have its own money: nothing was taken that staff called the last."""
    if attempt.state == State.AUTHORISED:
        return True
    taken = attempt.captures.filter(progress=Progress.DONE)
    return taken.exists() and not taken.filter(is_final=True).exists()


def shipped_value(order, units):
    """What units cost beside those that left before, delivery included, as one amount."""
    sent = units_sent(order)
    total = order.shipping_incl_tax
    for line in order.lines.all():
        gone = sent.get(line.pk, 0) + units.get(line.pk, 0)
        total += share_of(line.line_price_incl_tax, 0, gone, line.quantity, currency=order.currency)
    return total


@retry_transient
def request_shipment_capture(attempt_id, units, *, is_final, user):
    """Write down what a parcel takes: all of its value that was not taken before.

    A final one takes all that is left of the amount; one that takes all that is left is final.
    """
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        asked = _requested_amount(attempt)
        goal = attempt.amount if is_final else shipped_value(attempt.order, units)
        if goal > asked:
            is_final = goal >= attempt.amount  # Stripe refuses to take all and hold more.
            _create_capture_request(attempt, goal - asked, is_final=is_final, user=user)


# --- By hand --------------------------------------------------------------------------------------


@retry_transient
def request_capture(attempt_id, *, amount=None, key="", user=None):
    """Staff take held money by hand: all of it, or a part, and what is left is given up.

    Returns the CaptureRequest; the same ``key`` gives the same. Raises CaptureRefused with a
    sentence, and nothing happens then.
    """
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        before = CaptureRequest.objects.filter(key=key).first() if key else None
        if before:
            return before
        left = attempt.amount - _requested_amount(attempt)
        amount = left if amount is None else amount
        if attempt.state != State.AUTHORISED:
            raise CaptureRefused(_("There is no money held for this order."))
        if not Decimal(0) < amount <= left:
            raise CaptureRefused(_("That is more than the bank holds."))
        return _create_capture_request(attempt, amount, is_final=True, user=user, key=key)


def _create_capture_request(attempt, amount, *, is_final, user, key=""):
    if attempt.order.status == CANCELLED:
        raise CaptureRefused(_("The order is cancelled."))
    request = CaptureRequest.objects.create(
        attempt=attempt, key=key or uuid.uuid4().hex, amount=amount, is_final=is_final, user=user
    )
    note_event(attempt.order, "payment", _("Capture asked for"), amount=amount, user=user)
    return request


def _requested_amount(attempt):
    requests = attempt.captures.exclude(progress=Progress.FAILED)
    return sum(requests.values_list("amount", flat=True))


def retry_capture(request_id):
    """Staff send a refused capture once more, under a new key. Returns its attempt, or None."""
    again = CaptureRequest.objects.filter(
        pk=request_id, progress=Progress.FAILED, attempt__state=State.AUTHORISED
    )
    if not again.update(progress=Progress.DUE, key=uuid.uuid4().hex):
        return None
    return PaymentAttempt.objects.get(captures=request_id)


# --- At the gateway -------------------------------------------------------------------------------


def send_captures(attempt):
    """Send every capture that is due; the same key takes the money once. Returns the attempt.

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
                intent_id=attempt.intent_id,
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
        settle.settle_intent(intent)
    attempt.refresh_from_db()
    return attempt


def _was_captured(attempt, request):
    """Whether a capture that waits for long was made, and the gateway has forgotten its key."""
    intent = gateway_of(attempt).retrieve_intent(attempt.intent_id)
    done = attempt.captures.filter(progress=Progress.DONE).values_list("amount", flat=True)
    if intent.received_minor < to_minor(sum(done) + request.amount, attempt.currency):
        return False
    CaptureRequest.objects.filter(pk=request.pk).update(progress=Progress.DONE)
    settle.settle_intent(intent)
    return True


def void_authorisation(attempt, *, reason):
    """Cancel a hold at the gateway, then here. Returns the attempt.

    Where it was taken meanwhile, or a part of it was, the rest is given up and the attempt is
    settled: money that was taken for a cancelled order is owed. Raises GatewayUnavailable and
    GatewayRefused.
    """
    if attempt.state not in (State.AUTHORISED, State.REVIEW):
        return attempt
    gateway = gateway_of(attempt)
    intent = gateway.retrieve_intent(attempt.intent_id)
    if intent.received_minor and intent.status == "requires_capture":
        # What was taken is not cancelled with the rest; an empty last capture lets the rest go.
        intent = gateway.capture(
            key=f"{attempt.key}:rest", intent_id=intent.id, amount_minor=0, is_final=True
        )
    if intent.received_minor:
        return settle.settle_intent(intent)
    intent = gateway.cancel_intent(attempt.intent_id)
    checkpoints.reached(checkpoints.VOID_CANCELLED)
    if intent.status == "canceled":
        return release.record_void(attempt.pk, reason=reason)
    return settle.settle_intent(intent)


def expiring_authorisations(*, at=None):
    """Attempts whose hold ends within two days and was not taken."""
    at = at or timezone.now()
    return PaymentAttempt.objects.filter(
        state=State.AUTHORISED, held_until__lte=at + WARN_BEFORE
    ).select_related("order")


def reconcile_authorisations(*, at=None):
    """Captures that are due are sent, holds that are not needed given up, ended ones heard of."""
    at = at or timezone.now()
    held = PaymentAttempt.objects.filter(state=State.AUTHORISED).select_related("order")
    due = held.filter(captures__progress=Progress.DUE).exclude(order__status=CANCELLED)
    for attempt in due.distinct().order_by("pk"):
        with isolate_errors(f"taking the money of order {attempt.order.number}"):
            send_captures(attempt)
    for attempt in held.filter(order__status=CANCELLED).order_by("pk"):
        with isolate_errors(f"giving up the hold of order {attempt.order.number}"):
            void_authorisation(attempt, reason="order cancelled")
    for attempt in held.filter(order__status__in=NOTHING_LEFT).order_by("pk"):
        with isolate_errors(f"giving up the rest of the hold of {attempt.order.number}"):
            void_authorisation(attempt, reason="nothing is left to send")
    for attempt in held.filter(held_until__lte=at).order_by("pk"):
        with isolate_errors(f"the hold of order {attempt.order.number}"):
            settle.settle(attempt.intent_id, at=at)


@task()
def void_authorisation_task(attempt_id):
    """Give up the money that is held for a cancelled order."""
    with leave_to_reconcile("hold", attempt_id):
        void_authorisation(PaymentAttempt.objects.get(pk=attempt_id), reason="order cancelled")
