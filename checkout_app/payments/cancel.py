"""Cancels open attempts: at the customer's request, or when their time to pay runs out."""

import logging
from datetime import datetime

from django.utils import timezone

from checkout_app.exceptions import GatewayRefused, UnknownAtGateway
from checkout_app.gateways.registry import gateway_of
from checkout_app.models import OPEN_STATES, PaymentAttempt
from checkout_app.payments import checkpoints
from checkout_app.payments.attempts import isolate_errors
from checkout_app.payments.intents import open_intent
from checkout_app.payments.release import release
from checkout_app.payments.settle import settle_attempt

logger = logging.getLogger("vitrine.payments")


def cancel(attempt: PaymentAttempt, *, reason: str) -> PaymentAttempt:
    """Cancel an open attempt: at the gateway first, then release its stock. Returns the attempt.

    The gateway decides between "cancelled" and "paid in the same moment": a paid attempt is
    settled, and one that the bank is processing stays open. An intent that the gateway does not
    know was made with another account's keys and cannot be paid, so the attempt is released.
    Raises GatewayUnavailable and GatewayRefused; nothing is released then.
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
    except UnknownAtGateway:
        logger.error("order %s: the gateway does not know %s", attempt.order.number, intent_id)
        return release(attempt.pk, reason=f"the gateway does not know {intent_id}")
    checkpoints.reached(checkpoints.RELEASE_CANCELLED)
    if intent.status == "canceled":
        return release(attempt.pk, reason=reason)
    return settle_attempt(attempt, intent)


def expire_attempts(*, at: datetime | None = None) -> int:
    """Cancel every open attempt that has expired. Returns how many there were."""
    at = at or timezone.now()
    overdue = PaymentAttempt.objects.filter(state__in=OPEN_STATES, expires_at__lte=at)
    attempts = list(overdue.select_related("order", "basket").order_by("pk"))
    for attempt in attempts:
        with isolate_errors(f"expiring order {attempt.order.number}"):
            cancel(attempt, reason="not paid in time")
    return len(attempts)
