"""The gateway's intent of an attempt: created once, stored before anyone else sees it."""

from typing import Any

from django.db import transaction

from checkout_app.exceptions import UnknownAtGateway
from checkout_app.gateways.customers import forget_customer, get_or_create_customer
from checkout_app.gateways.interface import Gateway, Intent
from checkout_app.gateways.registry import gateway_of
from checkout_app.models import Capture, Method, PaymentAttempt, State, site_marker
from checkout_app.payments import checkpoints
from checkout_app.payments.attempts import change_state
from commerce.money import to_minor
from commerce.transactions import retry_transient


def open_intent(attempt: PaymentAttempt) -> Intent:
    """The intent of an attempt. If there is none, it is created and stored before it is returned.

    After a time-out, repeat the call: the idempotency key makes Stripe return the first intent.
    Raises GatewayUnavailable and GatewayRefused.
    """
    gateway = gateway_of(attempt)
    if attempt.intent_id:
        return gateway.retrieve_intent(attempt.intent_id)
    intent = _create_intent(gateway, attempt)
    checkpoints.reached(checkpoints.BEGIN_INTENT_CREATED)
    store_intent(attempt, intent)
    checkpoints.reached(checkpoints.BEGIN_INTENT_STORED)
    return intent


def _create_intent(gateway: Gateway, attempt: PaymentAttempt) -> Intent:
    """Create the intent under the attempt's key.

    A customer that the gateway does not know was made with other keys. The intent is then created
    without it, under a second key, since the first would repeat the refusal.
    """
    order = attempt.order
    params: dict[str, Any] = {
        "amount_minor": to_minor(attempt.amount, attempt.currency),
        "currency": attempt.currency,
        "metadata": {"site": site_marker(), "attempt": attempt.key, "order": order.number},
        "email": order.email or "",
        "is_held": attempt.capture == Capture.MANUAL,
    }
    customer = get_or_create_customer(order.user) if attempt.method == Method.CARD else ""
    try:
        return gateway.create_intent(key=f"{attempt.key}:create", customer=customer, **params)
    except UnknownAtGateway:
        if not customer:
            raise
        forget_customer(order.user)
        return gateway.create_intent(key=f"{attempt.key}:create-alone", **params)


@retry_transient
def store_intent(attempt: PaymentAttempt, intent: Intent) -> None:
    """Store the intent's id if the attempt has none; T2 of docs/payments.md."""
    with transaction.atomic(durable=True):
        stored = PaymentAttempt.objects.filter(pk=attempt.pk, intent_id=None).update(
            intent_id=intent.id
        )
        locked = PaymentAttempt.objects.select_for_update().get(pk=attempt.pk)
        if stored and locked.state == State.RESERVED:
            change_state(locked, State.INTENT, reason=f"intent {intent.id}")
    attempt.refresh_from_db()
