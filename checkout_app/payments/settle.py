"""Settles payments: brings an attempt and its order to what the gateway reports.

The rules are docs/payments.md. The gateway is called through its interface and always outside a
transaction. Lock order: basket, attempt, stock by key, vouchers, offers, order.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from checkout_app.gateways.interface import Intent
from checkout_app.gateways.registry import gateway_for, gateway_of
from checkout_app.models import (
    MONEY_STATES,
    OPEN_STATES,
    PaymentAttempt,
    Progress,
    State,
    site_marker,
)
from checkout_app.payments import checkpoints
from checkout_app.payments.attempts import change_state, lock_attempt, lock_order_of
from checkout_app.payments.confirmation import confirm_order, reopen_order
from checkout_app.payments.intents import store_intent
from checkout_app.payments.ledger import record_charge
from checkout_app.payments.refunds import schedule_refund, send_refunds
from checkout_app.payments.release import record_void, release
from commerce.documents.issuing import issue_invoice
from commerce.money import format_money, from_minor, to_minor
from commerce.order_statuses import AUTHORISED, CANCELLED, PAID
from commerce.orders.pipeline import move_order
from commerce.transactions import retry_transient

logger = logging.getLogger("vitrine.payments")

#: Statuses in which the customer can still pay.
WAITING_STATUSES = {"requires_payment_method", "requires_confirmation"}
#: How long a bank holds an authorisation if the gateway does not report it
#: (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method).
DEFAULT_HOLD = timedelta(days=7)


def settle(intent_id: str, *, at: datetime | None = None) -> PaymentAttempt | None:
    """Bring an attempt to what the gateway reports of its intent.

    The only function that turns the gateway's result into "paid" or "authorised".
    Idempotent: the return page, the webhook's worker, the reconcile job and a staff button call it
    in any order. Returns the attempt, or None if the intent has none in this shop. Raises
    GatewayUnavailable and GatewayRefused; nothing changes then.
    """
    intent = gateway_for(intent_id).retrieve_intent(intent_id)
    checkpoints.reached(checkpoints.SETTLE_RETRIEVED)
    return settle_intent(intent, at=at)


def settle_intent(intent: Intent, *, at: datetime | None = None) -> PaymentAttempt | None:
    """``settle`` with an intent that was just read from the gateway."""
    attempt = _find_attempt(intent)
    return settle_attempt(attempt, intent, at=at) if attempt else None


def settle_attempt(
    attempt: PaymentAttempt, intent: Intent, *, at: datetime | None = None
) -> PaymentAttempt:
    """``settle_intent`` for a known attempt of the intent. Returns the attempt as written."""
    if attempt.intent_id is None:
        store_intent(attempt, intent)
    attempt = _write_settlement(attempt.pk, intent, at=at or timezone.now())
    checkpoints.reached(checkpoints.SETTLE_COMMITTED)
    if intent.status == "canceled":
        if attempt.is_open:
            attempt = release(attempt.pk, reason="cancelled at the gateway")
        elif attempt.state in (State.AUTHORISED, State.REVIEW):
            attempt = record_void(attempt.pk)
    elif intent.status == "requires_capture" and attempt.state == State.RELEASED:
        # Authorised too late and the stock is gone. Nothing was captured, so cancel it.
        gateway_of(attempt).cancel_intent(intent.id)
    if attempt.state == State.REFUND_DUE:
        send_refunds(attempt)
    return attempt


def _find_attempt(intent: Intent) -> PaymentAttempt | None:
    """The attempt of an intent, by the intent's id or, if that was not stored, by our key."""
    attempts = PaymentAttempt.objects.select_related("order", "basket")
    found = attempts.filter(intent_id=intent.id).first()
    if found or intent.metadata.get("site") != site_marker():
        return found
    found = attempts.filter(key=intent.metadata.get("attempt", "")).first()
    return found if found and found.intent_id in (None, intent.id) else None


@retry_transient
def _write_settlement(attempt_id: int, intent: Intent, *, at: datetime) -> PaymentAttempt:
    """Write the intent's status to attempt and order in one durable transaction; T3."""
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        if intent.status == "succeeded" or _is_partly_captured_and_ended(attempt, intent):
            _settle_succeeded(attempt, intent, at=at)
        elif intent.status == "requires_capture":
            _settle_authorised(attempt, intent, at=at)
        elif attempt.is_open:
            _update_waiting(attempt, intent)
        checkpoints.reached(checkpoints.SETTLE_WRITTEN)
    return attempt


def _is_partly_captured_and_ended(attempt: PaymentAttempt, intent: Intent) -> bool:
    """Whether an authorisation ended after a part of it was captured."""
    is_held = attempt.state == State.AUTHORISED
    return is_held and intent.status == "canceled" and intent.received_minor > 0


def _update_waiting(attempt: PaymentAttempt, intent: Intent) -> None:
    """Follow an intent that is not paid yet: its state and its last error."""
    states = {"requires_action": State.ACTION, "processing": State.PROCESSING}
    state = states.get(intent.status)
    if state is None and intent.status in WAITING_STATUSES:
        state = State.INTENT
    if attempt.last_error != intent.error[:500]:
        attempt.last_error = intent.error[:500]
        attempt.save(update_fields=["last_error", "updated_at"])
    if state:
        change_state(attempt, state, reason=f"gateway: {intent.status}")


def _settle_succeeded(attempt: PaymentAttempt, intent: Intent, *, at: datetime) -> None:
    """Settle a captured payment, which may be a part of an authorisation."""
    if attempt.state in (*MONEY_STATES, State.REFUNDED):
        return
    if attempt.state in (State.AUTHORISED, State.VOIDED):
        _settle_captured(attempt, intent, at=at)
        return
    if not _matches_order(attempt, intent, intent.received_minor):
        record_charge(attempt, intent, at=at)
        return
    if attempt.state == State.RELEASED and not reopen_order(attempt):
        record_charge(attempt, intent, at=at)
        schedule_refund(attempt, amount=attempt.amount, reason="paid after the stock was released")
        return
    record_charge(attempt, intent, at=at)
    confirm_order(attempt, State.PAID)


def _settle_authorised(attempt: PaymentAttempt, intent: Intent, *, at: datetime) -> None:
    """Settle an authorised payment, of which a part may have been captured."""
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
    if not _matches_order(attempt, intent, held):
        return
    if attempt.state == State.RELEASED and not reopen_order(attempt):
        return
    attempt.held_until = intent.held_until or at + DEFAULT_HOLD
    attempt.save(update_fields=["held_until", "updated_at"])
    confirm_order(attempt, State.AUTHORISED)


def _settle_captured(attempt: PaymentAttempt, intent: Intent, *, at: datetime) -> None:
    """Settle an authorisation that was captured, by the shop or at the gateway."""
    record_charge(attempt, intent, at=at)
    captured = from_minor(intent.received_minor, intent.currency)
    attempt.captures.filter(progress=Progress.DUE).update(progress=Progress.DONE)
    attempt.held_until = None
    attempt.save(update_fields=["held_until", "updated_at"])
    order = lock_order_of(attempt)
    if order.status == CANCELLED:
        left = attempt.money_left
        if left:
            schedule_refund(
                attempt, amount=left, reason="captured although the order was cancelled"
            )
        else:
            change_state(attempt, State.REFUNDED, reason="order cancelled")
        return
    requests = attempt.captures.exclude(progress=Progress.FAILED)
    requested = sum(requests.values_list("amount", flat=True))
    if captured not in (attempt.amount, requested):
        _send_to_review(attempt, f"{captured} of {attempt.amount} was captured at the gateway")
        return
    change_state(attempt, State.PAID, reason=f"captured: {captured}")
    if order.status == AUTHORISED:
        move_order(order.pk, PAID)
    issue_invoice(order, amount=captured)  # last: docs/payments.md, "Lock order"


def _matches_order(attempt: PaymentAttempt, intent: Intent, minor: int) -> bool:
    """Whether amount and currency match the order. If not, the attempt goes to review."""
    expected = (to_minor(attempt.amount, attempt.currency), attempt.currency.upper())
    if (minor, intent.currency.upper()) == expected:
        return True
    arrived = format_money(from_minor(minor, intent.currency), intent.currency.upper())
    _send_to_review(
        attempt, f"{arrived} of {format_money(attempt.amount, attempt.currency)} arrived"
    )
    return False


def _send_to_review(attempt: PaymentAttempt, reason: str) -> None:
    """Put a payment that differs from its order into the work queue."""
    change_state(attempt, State.REVIEW, reason=reason)
    logger.error("order %s: the amount differs and needs a decision", attempt.order.number)


@retry_transient
def settle_free(attempt_id: int) -> PaymentAttempt:
    """Settle an order that costs nothing. It has no intent."""
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        if attempt.is_open and attempt.amount == 0:
            confirm_order(attempt, State.PAID)
    return attempt
