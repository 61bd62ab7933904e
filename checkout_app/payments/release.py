"""Ends attempts that can no longer be paid: releases unpaid ones and records voids."""

import logging

from django.db import transaction

from checkout_app.models import PaymentAttempt, Progress, State
from checkout_app.payments.attempts import change_state, close, lock_attempt, thaw
from commerce.order_statuses import CANCELLED
from commerce.orders.pipeline import move_order
from commerce.transactions import retry_transient

logger = logging.getLogger("vitrine.payments")


@retry_transient
def release(attempt_id: int, *, reason: str) -> PaymentAttempt:
    """Release stock, vouchers and offer counts, cancel the order, and reopen the basket.

    Only for an attempt that cannot be paid any more: its intent is cancelled, or it is free.
    Returns the attempt. Locks basket, attempt, stock, order.
    """
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        if not attempt.is_open:
            return attempt
        change_state(attempt, State.RELEASED, reason=reason)
        move_order(attempt.order_id, CANCELLED, note=reason)
        close(attempt)
        thaw(attempt.basket)
    return attempt


@retry_transient
def record_void(
    attempt_id: int, *, reason: str = "the authorisation ended at the bank"
) -> PaymentAttempt:
    """Record a voided authorisation of which nothing was captured, and cancel the order.

    Only for an attempt whose intent is cancelled at the gateway. Units that were shipped stay
    shipped. Returns the attempt. Locks basket, attempt, stock, order.
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
        change_state(attempt, State.VOIDED, reason=reason)
        close(attempt)
        if CANCELLED in attempt.order.available_statuses():
            move_order(attempt.order_id, CANCELLED, note=reason)
        elif attempt.order.status != CANCELLED:
            logger.error("order %s was shipped and nothing was captured", attempt.order.number)
    return attempt
