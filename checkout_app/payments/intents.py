"""The gateway's intent of an attempt: created once, stored before anyone else sees it."""

from django.db import transaction

from checkout_app.exceptions import UnknownIntent
from checkout_app.gateways.customers import forget_customer, get_or_create_customer
from checkout_app.gateways.registry import gateway_of
from checkout_app.models import Capture, Method, PaymentAttempt, State, site_marker
from checkout_app.payments import checkpoints
from checkout_app.payments.attempts import change_state
from commerce.money import to_minor
from commerce.transactions import retry_transient


def open_intent(attempt):
    """The intent of an attempt, created where there is none yet, stored before anybody sees it.

    A time-out is answered by the same call under the same key: Stripe then gives the first one.
    """
    gateway = gateway_of(attempt)
    if attempt.intent_id:
        return gateway.retrieve_intent(attempt.intent_id)
    intent = _create_intent(gateway, attempt)
    checkpoints.reached(checkpoints.BEGIN_INTENT_CREATED)
    store_intent(attempt, intent)
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
    customer = get_or_create_customer(order.user) if attempt.method == Method.CARD else ""
    try:
        return gateway.create_intent(key=f"{attempt.key}:create", customer=customer, **asked)
    except UnknownIntent:
        if not customer:
            raise
        forget_customer(order.user)
        return gateway.create_intent(key=f"{attempt.key}:create-alone", **asked)


@retry_transient
def store_intent(attempt, intent):
    """T2: the intent's id, where it is still null."""
    with transaction.atomic(durable=True):
        stored = PaymentAttempt.objects.filter(pk=attempt.pk, intent_id=None).update(
            intent_id=intent.id
        )
        locked = PaymentAttempt.objects.select_for_update().get(pk=attempt.pk)
        if stored and locked.state == State.RESERVED:
            change_state(locked, State.INTENT, reason=f"intent {intent.id}")
    attempt.refresh_from_db()
