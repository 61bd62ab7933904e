"""The states of a payment and the moves between them: begin, settle, expire, refund.

No HTTP and no Stripe here: the gateway is asked through its interface, always outside a
transaction. The rules are docs/payments.md. Lock order: basket, attempt, stock by key, vouchers,
offers, order; ``owe_cancelled_order`` alone comes from the order, and locks an attempt that is
final.
"""

import logging
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from oscar.core.loading import get_model

from checkout_app import checkpoints
from checkout_app.attempts import close, each_for_itself, lock_attempt, lock_order_of, move, thaw
from checkout_app.exceptions import GatewayRefused, UnknownIntent
from checkout_app.models import (
    OPEN_STATES,
    GatewayTransaction,
    PaymentAttempt,
    RefundRequest,
    State,
    site_marker,
)
from checkout_app.placement import place_order
from checkout_app.stripe_gateway import get_gateway
from commerce.exceptions import OutOfStock
from commerce.mail_orders import queue_order_confirmation, queue_refund_notice
from commerce.money import from_minor, to_minor
from commerce.orders import CANCELLED, PAID, PENDING, count_purchases, move_order
from commerce.stock import reserve_stock
from commerce.transactions import retry_transient

logger = logging.getLogger("vitrine.payments")

#: An intent in one of these can still be paid by the customer.
WAITING_STATUSES = {"requires_payment_method", "requires_confirmation"}


#: A refund in one of these gave nothing back (https://docs.stripe.com/api/refunds/object).
REFUND_FAILURES = {"failed", "canceled"}


# --- Begin ----------------------------------------------------------------------------------------


def begin(submission, *, at=None):
    """Order first, money second: write the order, then open an intent for it.

    Returns ``(attempt, intent)``; ``intent`` is None for an order that costs nothing, which is
    paid at once. A double click gets the same attempt and the same intent. Raises what
    ``place_order`` raises; GatewayUnavailable: the order then waits and the same call goes on;
    GatewayRefused: everything was given back.
    """
    attempt = place_order(submission, at=at)
    checkpoints.reached(checkpoints.BEGIN_RESERVED)
    return resume(attempt, at=at)


def resume(attempt, *, at=None):
    """Go on with an open attempt: what ``begin`` returns and raises."""
    if attempt.amount == 0:
        return settle_free(attempt.pk, at=at), None
    try:
        return attempt, open_intent(attempt)
    except GatewayRefused:
        # There is no intent and there will be none: nothing can be paid, so nothing is held.
        release(attempt.pk, reason="the gateway refused the intent")
        raise


def open_intent(attempt):
    """The intent of an attempt, created where there is none yet, stored before anybody sees it.

    A time-out is answered by the same call under the same key: Stripe then gives the first one.
    """
    gateway = get_gateway()
    if attempt.intent_id:
        return gateway.retrieve_intent(attempt.intent_id)
    order = attempt.order
    intent = gateway.create_intent(
        key=f"{attempt.key}:create",
        amount_minor=to_minor(attempt.amount, attempt.currency),
        currency=attempt.currency,
        metadata={"site": site_marker(), "attempt": attempt.key, "order": order.number},
        email=order.email or "",
    )
    checkpoints.reached(checkpoints.BEGIN_INTENT_CREATED)
    _store_intent(attempt, intent)
    checkpoints.reached(checkpoints.BEGIN_INTENT_STORED)
    return intent


@retry_transient
def _store_intent(attempt, intent):
    """T2: the intent's id, where it is still null."""
    with transaction.atomic(durable=True):
        stored = PaymentAttempt.objects.filter(pk=attempt.pk, intent_id=None).update(
            intent_id=intent.id
        )
        locked = PaymentAttempt.objects.select_for_update().get(pk=attempt.pk)
        if stored and locked.state == State.RESERVED:
            move(locked, State.INTENT, reason=f"intent {intent.id}")
    attempt.refresh_from_db()


# --- Settle ---------------------------------------------------------------------------------------


def settle(intent_id, *, at=None):
    """Bring an attempt to what the gateway says of its intent; the one way to "paid".

    Called by the return page, the webhook's worker, the reconcile job and the staff button, in
    any order and any number of times. Returns the attempt, or None where the intent is not of
    this shop. Raises GatewayUnavailable, and then changes nothing.
    """
    intent = get_gateway().retrieve_intent(intent_id)
    checkpoints.reached(checkpoints.SETTLE_RETRIEVED)
    return settle_intent(intent, at=at)


def settle_intent(intent, *, at=None):
    """``settle`` for an intent that was read from the gateway this moment."""
    attempt = _attempt_of(intent)
    if attempt is None:
        return None
    if attempt.intent_id is None:
        _store_intent(attempt, intent)
    attempt = _write_settlement(attempt.pk, intent, at=at or timezone.now())
    checkpoints.reached(checkpoints.SETTLE_COMMITTED)
    if intent.status == "canceled" and attempt.is_open:
        attempt = release(attempt.pk, reason="cancelled at the gateway")
    if attempt.state == State.REFUND_DUE:
        pay_refunds(attempt)
    return attempt


def _attempt_of(intent):
    """The attempt an intent was made for: by its id, or, where that was not stored, by our key."""
    attempts = PaymentAttempt.objects.select_related("order", "basket")
    found = attempts.filter(intent_id=intent.id).first()
    if found or intent.metadata.get("site") != site_marker():
        return found
    found = attempts.filter(key=intent.metadata.get("attempt", "")).first()
    return found if found and found.intent_id in (None, intent.id) else None


@retry_transient
def _write_settlement(attempt_id, intent, *, at):
    """T3: one durable transaction from the intent's word to the order's state."""
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        if intent.status == "succeeded":
            _settle_succeeded(attempt, intent, at=at)
        elif attempt.is_open:
            _follow_waiting(attempt, intent)
        checkpoints.reached(checkpoints.SETTLE_WRITTEN)
    return attempt


def _follow_waiting(attempt, intent):
    states = {"requires_action": State.ACTION, "processing": State.PROCESSING}
    state = states.get(intent.status)
    if state is None and intent.status in WAITING_STATUSES:
        state = State.INTENT
    if attempt.last_error != intent.error[:500]:
        attempt.last_error = intent.error[:500]
        attempt.save(update_fields=["last_error", "updated_at"])
    if state:
        move(attempt, state, reason=f"gateway: {intent.status}")


def _settle_succeeded(attempt, intent, *, at):
    if attempt.state in (State.PAID, State.REFUND_DUE, State.REFUNDED, State.REVIEW):
        return
    expected = (to_minor(attempt.amount, attempt.currency), attempt.currency.upper())
    if (intent.received_minor, intent.currency.upper()) != expected:
        _record_charge(attempt, intent, at=at)
        move(attempt, State.REVIEW, reason=f"{intent.received_minor} {intent.currency} arrived")
        logger.error("order %s: amount differs, needs a person", attempt.order.number)
        return
    if attempt.state == State.RELEASED and not _take_stock_again(attempt):
        _record_charge(attempt, intent, at=at)
        _owe_refund(attempt, amount=attempt.amount, reason="paid after the stock was released")
        return
    _record_charge(attempt, intent, at=at)
    _confirm_order(attempt)


def _take_stock_again(attempt):
    """Late money: reopen the cancelled order where what it holds is still there."""
    order = lock_order_of(attempt)
    units = {}
    for line in order.lines.exclude(stockrecord=None).select_related("product"):
        if line.product and line.product.get_product_class().track_stock:
            units[line.stockrecord_id] = units.get(line.stockrecord_id, 0) + line.quantity
    try:
        reserve_stock(units)
    except OutOfStock:
        return False
    for line in order.lines.all():
        line.num_allocated = line.quantity if line.stockrecord_id in units else 0
        line.status = PENDING
        line.save(update_fields=["num_allocated", "status"])
    order.status_changes.create(old_status=order.status, new_status=PENDING)
    order.status = PENDING
    order.save(update_fields=["status"])
    return True


def _record_charge(attempt, intent, *, at):
    """Oscar's Source and Transaction, and our own unique row for the charge."""
    amount = from_minor(intent.received_minor, intent.currency)
    charge, is_new = GatewayTransaction.objects.get_or_create(
        gateway_id=intent.charge_id or intent.id,
        defaults={
            "attempt": attempt,
            "kind": GatewayTransaction.Kind.CHARGE,
            "amount": amount,
            "currency": intent.currency.upper(),
            "at": at,
        },
    )
    if not is_new:
        return
    source_type, _new = get_model("payment", "SourceType").objects.get_or_create(
        name=settings.GATEWAY_SOURCE_TYPE
    )
    source = get_model("payment", "Source").objects.create(
        order=attempt.order,
        source_type=source_type,
        currency=intent.currency.upper(),
        reference=intent.id,
        label=f"{intent.brand} {intent.last4}".strip(),
    )
    source.debit(amount, reference=charge.gateway_id, status=intent.status)


def _confirm_order(attempt):
    """The order is paid: its status, the basket's, and the mail, all in this transaction."""
    move(attempt, State.PAID, reason="paid")
    order = move_order(attempt.order_id, PAID)
    close(attempt)
    basket = attempt.basket
    if basket is not None and basket.status == basket.FROZEN:
        basket.submit()
    count_purchases(order)
    queue_order_confirmation(order)


@retry_transient
def settle_free(attempt_id, *, at=None):
    """An order that costs nothing is paid without an intent."""
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        if attempt.is_open and attempt.amount == 0:
            _confirm_order(attempt)
    return attempt


# --- Release --------------------------------------------------------------------------------------


def cancel(attempt, *, reason):
    """End an open attempt: cancel at the gateway first, and only then give the stock back.

    Cancelling is the referee between "too late" and "paid late". Refused because it was paid: the
    attempt is settled. The bank still working on it: the attempt waits. An intent that the gateway
    does not know cannot be paid there: the keys are another account's now. Returns the attempt.
    Raises GatewayUnavailable and GatewayRefused, and then nothing is released.
    """
    if not attempt.is_open:
        return attempt
    if attempt.amount == 0:
        return release(attempt.pk, reason=reason)
    try:
        intent_id = attempt.intent_id or open_intent(attempt).id
    except GatewayRefused:
        return release(attempt.pk, reason=reason)
    try:
        intent = get_gateway().cancel_intent(intent_id)
    except UnknownIntent:
        logger.error("order %s: the gateway knows no %s", attempt.order.number, intent_id)
        return release(attempt.pk, reason=f"the gateway knows no {intent_id}")
    checkpoints.reached(checkpoints.RELEASE_CANCELLED)
    if intent.status == "canceled":
        return release(attempt.pk, reason=reason)
    return settle_intent(intent)


@retry_transient
def release(attempt_id, *, reason):
    """Give back stock, vouchers and offer counts, cancel the order, thaw the basket.

    Only for an attempt that can no longer be paid (cancelled at the gateway, or free).
    """
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        if not attempt.is_open:
            return attempt
        move(attempt, State.RELEASED, reason=reason)
        move_order(attempt.order_id, CANCELLED, note=reason)
        close(attempt)
        thaw(attempt.basket)
    return attempt


def expire_attempts(*, at=None):
    """Cancel every open attempt whose time is over. Returns how many were looked at."""
    at = at or timezone.now()
    overdue = PaymentAttempt.objects.filter(state__in=OPEN_STATES, expires_at__lte=at)
    attempts = list(overdue.select_related("order", "basket").order_by("pk"))
    for attempt in attempts:
        with each_for_itself(f"expiring order {attempt.order.number}"):
            cancel(attempt, reason="not paid in time")
    return len(attempts)


# --- Refund ---------------------------------------------------------------------------------------


def _owe_refund(attempt, *, amount, reason):
    move(attempt, State.REFUND_DUE, reason=reason)
    RefundRequest.objects.create(
        attempt=attempt, key=uuid.uuid4().hex, amount=amount, reason=reason
    )
    close(attempt)


def owe_cancelled_order(order_id):
    """A paid order was cancelled by staff: owe its money, in the caller's transaction.

    Returns the attempt, or None where nothing was paid.
    """
    paid = PaymentAttempt.objects.select_for_update().filter(order=order_id, state=State.PAID)
    attempt = paid.first()
    if attempt is None:
        return None
    if attempt.amount == 0:
        move(attempt, State.RELEASED, reason="order cancelled")
        return None
    _owe_refund(attempt, amount=attempt.amount, reason="order cancelled")
    return attempt


@retry_transient
def owe_reviewed(attempt_id):
    """Staff give an order under review up: cancel it, and owe what arrived for it.

    Returns the attempt; does nothing to one that is not under review. Locks basket, attempt,
    stock, order.
    """
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        if attempt.state != State.REVIEW:
            return attempt
        if CANCELLED in attempt.order.available_statuses():
            move_order(attempt.order_id, CANCELLED, note="payment differed from the order")
        charges = attempt.transactions.filter(kind=GatewayTransaction.Kind.CHARGE)
        arrived = sum(charge.amount for charge in charges)
        _owe_refund(attempt, amount=arrived, reason="payment differed from the order")
        thaw(attempt.basket)
    return attempt


def owe_again(request_id):
    """Staff send a refused refund once more. Returns its attempt, or None where it is not refused.

    Under a new key: the gateway answers the old one with the refusal it gave before. Nothing was
    paid back under that one, so this cannot pay twice.
    """
    again = RefundRequest.objects.filter(pk=request_id, progress=RefundRequest.Progress.FAILED)
    if not again.update(progress=RefundRequest.Progress.DUE, key=uuid.uuid4().hex):
        return None
    return PaymentAttempt.objects.get(refunds=request_id)


def pay_refunds(attempt):
    """Send every refund that is due for an attempt; the same key pays back once.

    Raises GatewayUnavailable; the request stays due then and the reconcile job sends it again.
    """
    due = RefundRequest.Progress.DUE
    for request in attempt.refunds.filter(progress=due):
        try:
            refund = get_gateway().refund(
                key=f"{request.key}:refund",
                intent_id=attempt.intent_id,
                amount_minor=to_minor(request.amount, attempt.currency),
            )
        except GatewayRefused as error:
            RefundRequest.objects.filter(pk=request.pk, progress=due).update(
                progress=RefundRequest.Progress.FAILED, last_error=str(error)[:500]
            )
            logger.error("refund for order %s refused: %s", attempt.order.number, error)
            continue
        checkpoints.reached(checkpoints.REFUND_SENT)
        _record_refund(request.pk, refund)
    attempt.refresh_from_db()


@retry_transient
def _record_refund(request_id, refund):
    with transaction.atomic(durable=True):
        attempt_id = RefundRequest.objects.values_list("attempt_id", flat=True).get(pk=request_id)
        attempt = lock_attempt(attempt_id)
        request = RefundRequest.objects.select_for_update().get(pk=request_id)
        if request.progress != RefundRequest.Progress.DUE:
            return
        if refund.status in REFUND_FAILURES:
            request.progress, request.last_error = RefundRequest.Progress.FAILED, refund.status
            request.save()
            logger.error(
                "refund %s of order %s: %s", refund.id, attempt.order.number, refund.status
            )
            return
        request.progress, request.gateway_id = RefundRequest.Progress.DONE, refund.id
        request.save()
        GatewayTransaction.objects.get_or_create(
            gateway_id=refund.id,
            defaults={
                "attempt": attempt,
                "kind": GatewayTransaction.Kind.REFUND,
                "amount": request.amount,
                "currency": attempt.currency,
            },
        )
        source = attempt.order.sources.filter(reference=attempt.intent_id).first()
        if source:
            source.refund(request.amount, reference=refund.id, status=refund.status)
        move(attempt, State.REFUNDED, reason=request.reason)
        queue_refund_notice(attempt.order, amount=request.amount, key=request.key)


# --- Reconcile ------------------------------------------------------------------------------------


def reconcile_open(*, at=None):
    """Ask the gateway about every attempt that is not final, then expire what is overdue.

    Run twice, the second time changes nothing. One that fails never keeps the others waiting.
    """
    open_attempts = PaymentAttempt.objects.filter(state__in=OPEN_STATES).order_by("pk")
    with_intent = open_attempts.exclude(intent_id=None)
    for intent_id in list(with_intent.values_list("intent_id", flat=True)):
        with each_for_itself(f"settling {intent_id}"):
            settle(intent_id, at=at)
    for attempt_id in list(open_attempts.filter(amount=0).values_list("pk", flat=True)):
        with each_for_itself(f"settling free attempt {attempt_id}"):
            settle_free(attempt_id)
    for attempt in list(PaymentAttempt.objects.filter(state=State.REFUND_DUE).order_by("pk")):
        with each_for_itself(f"refunding order {attempt.order_id}"):
            pay_refunds(attempt)
    expire_attempts(at=at)


def reconcile_recent(*, at=None, hours=48):
    """Compare every intent of ours of the last hours with what the shop has written.

    Returns the intents that carry our mark and that no attempt is known for; they are logged.
    Raises GatewayUnavailable where the gateway does not list them.
    """
    at = at or timezone.now()
    orphans = []
    for intent in get_gateway().list_intents(since=at - timedelta(hours=hours)):
        if intent.metadata.get("site") != site_marker():
            continue
        with each_for_itself(f"settling {intent.id}"):
            if settle_intent(intent, at=at) is None:
                orphans.append(intent)
                logger.error("intent %s is ours but no attempt knows it", intent.id)
    return orphans
