"""Begins a payment: writes the order, then opens an intent for it."""

from datetime import datetime

from checkout_app.exceptions import GatewayRefused
from checkout_app.gateways.interface import Intent
from checkout_app.gateways.transfer import payment_details
from checkout_app.models import Method, PaymentAttempt
from checkout_app.payments import checkpoints
from checkout_app.payments.intents import open_intent
from checkout_app.payments.placement import Submission, place_order
from checkout_app.payments.release import release
from checkout_app.payments.settle import settle_free
from commerce.orders.mails import queue_transfer_request


def begin(
    submission: Submission, *, at: datetime | None = None
) -> tuple[PaymentAttempt, Intent | None]:
    """Write the order, then open an intent for it.

    Returns ``(attempt, intent)``. ``intent`` is None for an order that costs nothing, which is
    paid at once. A double click returns the same attempt and the same intent. Raises what
    ``place_order`` raises; GatewayUnavailable, after which the same call may be repeated; and
    GatewayRefused, after which the order is cancelled and its stock released.
    """
    attempt = place_order(submission, at=at)
    checkpoints.reached(checkpoints.BEGIN_RESERVED)
    return resume(attempt)


def resume(attempt: PaymentAttempt) -> tuple[PaymentAttempt, Intent | None]:
    """Continue an open attempt. Returns and raises as ``begin`` does."""
    if attempt.amount == 0:
        return settle_free(attempt.pk), None
    try:
        intent = open_intent(attempt)
    except GatewayRefused:
        # No intent exists or will exist, so nothing can be paid: release the stock.
        release(attempt.pk, reason="the gateway refused the intent")
        raise
    if attempt.method == Method.TRANSFER:
        queue_transfer_request(attempt.order, payment_details(attempt))
    return attempt, intent
