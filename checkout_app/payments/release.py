"""Ends an attempt that can no longer be paid: release an unpaid one, record a void."""

import logging

from django.db import transaction

from checkout_app.models import Progress, State
from checkout_app.payments.attempts import change_state, close, lock_attempt, thaw
from commerce.order_statuses import CANCELLED
from commerce.orders.pipeline import move_order
from commerce.transactions import retry_transient

logger = logging.getLogger("vitrine.payments")


@retry_transient
def release(attempt_id, *, reason):
    """Give back stock, vouchers and offer counts, cancel the order, thaw the basket.

    Only for an attempt that can no longer be paid (cancelled at the gateway, or free).
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
def record_void(attempt_id, *, reason="the hold was given up at the bank"):
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
        change_state(attempt, State.VOIDED, reason=reason)
        close(attempt)
        if CANCELLED in attempt.order.available_statuses():
            move_order(attempt.order_id, CANCELLED, note=reason)
        elif attempt.order.status != CANCELLED:
            logger.error("order %s left the house and nothing was taken", attempt.order.number)
    return attempt
