"""Begins a payment: write the order, then open an intent for it."""

from checkout_app.exceptions import GatewayRefused
from checkout_app.gateways.transfer import payment_details
from checkout_app.models import Method
from checkout_app.payments import checkpoints
from checkout_app.payments.intents import open_intent
from checkout_app.payments.placement import place_order
from checkout_app.payments.release import release
from checkout_app.payments.settle import settle_free
from commerce.orders.mails import queue_transfer_request


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
