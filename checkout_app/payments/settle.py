"""The states of a payment up to the money: begin, settle, give up.

What comes after it stands in ``captures`` and ``refunds``, what makes sure of it in ``reconcile``.
No HTTP and no Stripe here: the gateway is asked through its interface, always outside a
transaction. The rules are docs/payments.md. Lock order: basket, attempt, stock by key, vouchers,
offers, order.
"""

import logging
import uuid
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from checkout_app.exceptions import GatewayRefused, ReviewRefused, UnknownIntent
from checkout_app.gateways.customers import customer_of, forget_customer
from checkout_app.gateways.registry import gateway_for, gateway_of
from checkout_app.gateways.transfer import payment_details
from checkout_app.models import (
    MONEY_STATES,
    OPEN_STATES,
    Capture,
    Method,
    PaymentAttempt,
    Progress,
    State,
    site_marker,
)
from checkout_app.payments import checkpoints
from checkout_app.payments.attempts import (
    close,
    each_for_itself,
    lock_attempt,
    lock_order_of,
    move,
    thaw,
)
from checkout_app.payments.ledger import record_charge
from checkout_app.payments.placement import place_order
from checkout_app.payments.refunds import owe_refund, pay_refunds, pay_refunds_task
from commerce.audit.order_history import record_event
from commerce.documents.issuing import issue_invoice
from commerce.exceptions import OutOfStock
from commerce.money import format_money, from_minor, to_minor
from commerce.order_statuses import AUTHORISED, CANCELLED, PAID, PENDING
from commerce.orders.mails import queue_order_confirmation, queue_transfer_request
from commerce.orders.pipeline import count_purchases, move_order
from commerce.pricing.discounts import DiscountUsedUp, count_discounts_again
from commerce.stock.availability import reserve_stock
from commerce.stock.history import Cause
from commerce.transactions import retry_transient

logger = logging.getLogger("vitrine.payments")

#: An intent in one of these can still be paid by the customer.
WAITING_STATUSES = {"requires_payment_method", "requires_confirmation"}
#: How long a bank holds money where the gateway does not say
#: (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method).
HOLD = timedelta(days=7)


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
        intent = open_intent(attempt)
    except GatewayRefused:
        # There is no intent and there will be none: nothing can be paid, so nothing is held.
        release(attempt.pk, reason="the gateway refused the intent")
        raise
    if attempt.method == Method.TRANSFER:
        queue_transfer_request(attempt.order, payment_details(attempt))
    return attempt, intent


def open_intent(attempt):
    """The intent of an attempt, created where there is none yet, stored before anybody sees it.

    A time-out is answered by the same call under the same key: Stripe then gives the first one.
    """
    gateway = gateway_of(attempt)
    if attempt.intent_id:
        return gateway.retrieve_intent(attempt.intent_id)
    intent = _create_intent(gateway, attempt)
    checkpoints.reached(checkpoints.BEGIN_INTENT_CREATED)
    _store_intent(attempt, intent)
    checkpoints.reached(checkpoints.BEGIN_INTENT_STORED)
    return intent


def _create_intent(gateway, attempt):
    """The intent, under the attempt's key.

    A customer that the gateway does not know (made with other keys) is left out, under a second
    key: the first one would repeat its refusal.
    """
    order = attempt.order
    asked = {
        "amount_minor": to_minor(attempt.amount, attempt.currency),
        "currency": attempt.currency,
        "metadata": {"site": site_marker(), "attempt": attempt.key, "order": order.number},
        "email": order.email or "",
        "is_held": attempt.capture == Capture.MANUAL,
    }
    customer = customer_of(order.user) if attempt.method == Method.CARD else ""
    try:
        return gateway.create_intent(key=f"{attempt.key}:create", customer=customer, **asked)
    except UnknownIntent:
        if not customer:
            raise
        forget_customer(order.user)
        return gateway.create_intent(key=f"{attempt.key}:create-alone", **asked)


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
    intent = gateway_for(intent_id).retrieve_intent(intent_id)
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
    if intent.status == "canceled":
        if attempt.is_open:
            attempt = release(attempt.pk, reason="cancelled at the gateway")
        elif attempt.state in (State.AUTHORISED, State.REVIEW):
            attempt = let_hold_go(attempt.pk)
    elif intent.status == "requires_capture" and attempt.state == State.RELEASED:
        # The bank said yes too late, and the stock is gone: nothing was taken yet.
        gateway_of(attempt).cancel_intent(intent.id)
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
        if intent.status == "succeeded" or _has_ended_in_part(attempt, intent):
            _settle_succeeded(attempt, intent, at=at)
        elif intent.status == "requires_capture":
            _settle_held(attempt, intent, at=at)
        elif attempt.is_open:
            _follow_waiting(attempt, intent)
        checkpoints.reached(checkpoints.SETTLE_WRITTEN)
    return attempt


def _has_ended_in_part(attempt, intent):
    """Whether a hold ended of which a part was taken: that part is here."""
    is_held = attempt.state == State.AUTHORISED
    return is_held and intent.status == "canceled" and intent.received_minor > 0


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
    """The money is here, all of it or what was taken of a hold."""
    if attempt.state in (*MONEY_STATES, State.REFUNDED):
        return
    if attempt.state in (State.AUTHORISED, State.VOIDED):
        _settle_taken(attempt, intent, at=at)
        return
    if not _is_as_asked(attempt, intent, intent.received_minor):
        record_charge(attempt, intent, at=at)
        return
    if attempt.state == State.RELEASED and not _take_again(attempt):
        record_charge(attempt, intent, at=at)
        owe_refund(attempt, amount=attempt.amount, reason="paid after the stock was released")
        return
    record_charge(attempt, intent, at=at)
    _confirm_order(attempt, State.PAID)


def _settle_held(attempt, intent, *, at):
    """The bank holds the money; a part may have been taken already."""
    if attempt.state == State.AUTHORISED:
        if intent.received_minor:
            record_charge(attempt, intent, at=at)
        if intent.held_until and intent.held_until != attempt.held_until:
            attempt.held_until = intent.held_until
            attempt.save(update_fields=["held_until", "updated_at"])
        return
    if attempt.state not in (*OPEN_STATES, State.RELEASED):
        return
    held = intent.capturable_minor + intent.received_minor
    if not _is_as_asked(attempt, intent, held):
        return
    if attempt.state == State.RELEASED and not _take_again(attempt):
        return
    attempt.held_until = intent.held_until or at + HOLD
    attempt.save(update_fields=["held_until", "updated_at"])
    _confirm_order(attempt, State.AUTHORISED)


def _settle_taken(attempt, intent, *, at):
    """A hold was taken, by us or at the gateway. What it was taken for is shipped or will be."""
    record_charge(attempt, intent, at=at)
    taken = from_minor(intent.received_minor, intent.currency)
    attempt.captures.filter(progress=Progress.DUE).update(progress=Progress.DONE)
    attempt.held_until = None
    attempt.save(update_fields=["held_until", "updated_at"])
    order = lock_order_of(attempt)
    if order.status == CANCELLED:
        left = attempt.money_left
        if left:
            owe_refund(attempt, amount=left, reason="taken although the order was cancelled")
        else:
            move(attempt, State.REFUNDED, reason="order cancelled")
        return
    requests = attempt.captures.exclude(progress=Progress.FAILED)
    asked = sum(requests.values_list("amount", flat=True))
    if taken not in (attempt.amount, asked):
        _review(attempt, f"{taken} of {attempt.amount} was taken at the gateway")
        return
    move(attempt, State.PAID, reason=f"taken: {taken}")
    if order.status == AUTHORISED:
        move_order(order.pk, PAID)
    issue_invoice(order, amount=taken)  # last: docs/payments.md, "Lock order"


def _is_as_asked(attempt, intent, minor):
    """Whether amount and currency are the order's; the attempt goes to review where not."""
    expected = (to_minor(attempt.amount, attempt.currency), attempt.currency.upper())
    if (minor, intent.currency.upper()) == expected:
        return True
    arrived = format_money(from_minor(minor, intent.currency), intent.currency.upper())
    _review(attempt, f"{arrived} of {format_money(attempt.amount, attempt.currency)} arrived")
    return False


def _review(attempt, reason):
    move(attempt, State.REVIEW, reason=reason)
    logger.error("order %s: amount differs, needs a person", attempt.order.number)


@retry_transient
def accept_reviewed(attempt_id, *, user):
    """Staff take what arrived for an order under review: the order stands.

    What is missing is let off, and the invoice says so; what is too much is owed, and paid back
    after the commit. Returns the attempt; does nothing to one that is not under review. Raises
    ReviewRefused, and nothing happens then. Locks basket, attempt, stock, order.
    """
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        if attempt.state != State.REVIEW:
            return attempt
        left = attempt.money_left
        if not left:
            raise ReviewRefused(_("Nothing of it was taken yet, or it went back."))
        if attempt.money_currency != attempt.currency:
            raise ReviewRefused(_("It came in another currency."))
        order = lock_order_of(attempt)
        if order.status == CANCELLED and not _take_again(attempt):
            raise ReviewRefused(
                _("The order was cancelled, and its pieces are not there any more.")
            )
        if left > attempt.amount:
            attempt.refunds.create(
                key=uuid.uuid4().hex,
                amount=left - attempt.amount,
                reason=_("more arrived than was asked for"),
                is_excess=True,
                user=user,
            )
            transaction.on_commit(lambda: pay_refunds_task.enqueue(attempt.pk))
        record_event(order, "payment", _("What arrived was accepted"), amount=left, user=user)
        if order.status == AUTHORISED:
            move(attempt, State.PAID, reason="accepted", user=user)
            move_order(order.pk, PAID)
            issue_invoice(order, amount=left)  # last: docs/payments.md, "Lock order"
        else:
            _confirm_order(attempt, State.PAID, taken=left, user=user)
    return attempt


def _take_again(attempt):
    """Late money: reopen the cancelled order where all that it holds can still be had.

    Stock, vouchers and offers, as at its placing. False, and nothing changed, where one is gone.
    """
    order = lock_order_of(attempt)
    if order.status != CANCELLED:
        return False
    units = {}
    for line in order.lines.exclude(stockrecord=None).select_related("product"):
        if line.product and line.product.get_product_class().track_stock:
            units[line.stockrecord_id] = units.get(line.stockrecord_id, 0) + line.quantity
    try:
        with transaction.atomic():
            reserve_stock(units, Cause(order=order.number))
            count_discounts_again(order)
    except (OutOfStock, DiscountUsedUp):
        return False
    for line in order.lines.all():
        line.num_allocated = line.quantity if line.stockrecord_id in units else 0
        line.status = PENDING
        line.save(update_fields=["num_allocated", "status"])
    order.status_changes.create(old_status=order.status, new_status=PENDING)
    order.status = PENDING
    order.save(update_fields=["status"])
    return True


def _confirm_order(attempt, state, *, taken=None, user=None):
    """The order stands: its status, the basket's, and the mail, all in this transaction.

    ``taken`` is what was paid where that may be another amount than the order's.
    """
    move(attempt, state, reason=str(state.label), user=user)
    order = move_order(attempt.order_id, PAID if state == State.PAID else AUTHORISED)
    close(attempt)
    basket = attempt.basket
    if basket is not None and basket.status == basket.FROZEN:
        basket.submit()
    count_purchases(order)
    missing = attempt.amount - taken if taken is not None else 0
    queue_order_confirmation(order, not_charged=max(missing, Decimal(0)))
    if state == State.PAID:
        issue_invoice(order, amount=taken)  # last: docs/payments.md, "Lock order"


@retry_transient
def settle_free(attempt_id, *, at=None):
    """An order that costs nothing is paid without an intent."""
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        if attempt.is_open and attempt.amount == 0:
            _confirm_order(attempt, State.PAID)
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
        intent = gateway_of(attempt).cancel_intent(intent_id)
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


@retry_transient
def let_hold_go(attempt_id, *, reason="the hold was given up at the bank"):
    """Nothing was taken and nothing can be any more: cancel what has not left the house.

    Only for an attempt whose intent is cancelled at the gateway. Returns it.
    """
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        if attempt.state not in (State.AUTHORISED, State.REVIEW) or attempt.money_taken:
            return attempt
        attempt.captures.filter(progress=Progress.DUE).update(
            progress=Progress.FAILED, last_error=reason
        )
        attempt.held_until = None
        attempt.save(update_fields=["held_until", "updated_at"])
        move(attempt, State.VOIDED, reason=reason)
        close(attempt)
        if CANCELLED in attempt.order.available_statuses():
            move_order(attempt.order_id, CANCELLED, note=reason)
        elif attempt.order.status != CANCELLED:
            logger.error("order %s left the house and nothing was taken", attempt.order.number)
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
