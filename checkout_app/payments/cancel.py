"""Cancels open attempts: at the customer's request, or when their time to pay runs out."""

import logging

from django.utils import timezone

from checkout_app.exceptions import GatewayRefused, UnknownIntent
from checkout_app.gateways.registry import gateway_of
from checkout_app.models import OPEN_STATES, PaymentAttempt
from checkout_app.payments import checkpoints
from checkout_app.payments.attempts import isolate_errors
from checkout_app.payments.intents import open_intent
from checkout_app.payments.release import release
from checkout_app.payments.settle import settle_intent

logger = logging.getLogger("vitrine.payments")


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


def expire_attempts(*, at=None):
    """Cancel every open attempt whose time is over. Returns how many were looked at."""
    at = at or timezone.now()
    overdue = PaymentAttempt.objects.filter(state__in=OPEN_STATES, expires_at__lte=at)
    attempts = list(overdue.select_related("order", "basket").order_by("pk"))
    for attempt in attempts:
        with isolate_errors(f"expiring order {attempt.order.number}"):
            cancel(attempt, reason="not paid in time")
    return len(attempts)
