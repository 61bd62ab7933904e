"""Loads the payments of the demo's past orders, in the shop and in the demo gateway.

Writes them directly, without events and mails, so that staff can refund past orders like any other.
"""

import uuid
from datetime import timedelta

from oscar.core.loading import get_model

from checkout_app.models import (
    GatewayTransaction,
    PaymentAttempt,
    PaymentMove,
    Progress,
    RefundRequest,
    State,
    site_marker,
)
from commerce.money import to_minor
from commerce.order_statuses import CANCELLED
from demo.orders import SOURCE_TYPE
from demo_gateway.cards import charge_body
from demo_gateway.models import DemoCharge, DemoIntent
from demo_gateway.post_payment import refund_body
from demo_gateway.server import intent_body

KIND = GatewayTransaction.Kind
CARD = {"brand": "visa", "last4": "4242"}
REASON = "order cancelled"


def write_payments() -> int:
    """Write the payments of demo orders that have none. Returns their number. Needs a transaction.

    Cancelled orders are refunded. Oscar's payment sources get the intent as their reference.
    """
    orders = get_model("order", "Order").objects.filter(
        sources__source_type__name=SOURCE_TYPE, attempts=None, total_incl_tax__gt=0
    )
    orders = list(orders.order_by("date_placed", "pk"))
    for order in orders:
        _write_payment(order)
    return len(orders)


def _write_payment(order):
    paid_at = order.date_placed + timedelta(minutes=1)
    attempt = PaymentAttempt(
        key=uuid.uuid4().hex,
        order=order,
        state=State.PAID,
        amount=order.total_incl_tax,
        currency=order.currency,
        created_at=order.date_placed,
        expires_at=order.date_placed + timedelta(minutes=30),
    )
    intent, charge = _write_intent(attempt, created=int(paid_at.timestamp()))
    attempt.intent_id = intent.intent_id
    attempt.save()
    PaymentMove.objects.create(
        attempt=attempt, new_state=State.PAID, reason=str(State.PAID.label), at=paid_at
    )
    _write_transaction(attempt, KIND.CHARGE, charge["id"], at=paid_at)
    sources = order.sources.filter(source_type__name=SOURCE_TYPE)
    sources.update(reference=intent.intent_id, label="visa 4242")
    if order.status == CANCELLED:
        _write_refund(attempt, intent, at=paid_at + timedelta(hours=16))


def _write_intent(attempt, *, created):
    minor = to_minor(attempt.amount, attempt.currency)
    metadata = {"site": site_marker(), "attempt": attempt.key, "order": attempt.order.number}
    params = {"currency": attempt.currency.lower(), "metadata": metadata}
    body = intent_body(minor, params, created=created)
    charge = charge_body(body, CARD, created=created)
    body |= {"status": "succeeded", "amount_received": minor, "latest_charge": charge["id"]}
    intent = DemoIntent.objects.create(
        intent_id=body["id"],
        client_secret=body["client_secret"],
        body=body,
        created_at=attempt.created_at,
    )
    DemoCharge.objects.create(object_id=charge["id"], intent=intent, body=charge)
    return intent, charge


def _write_refund(attempt, intent, *, at):
    request = RefundRequest(
        attempt=attempt,
        key=uuid.uuid4().hex,
        amount=attempt.amount,
        reason=REASON,
        progress=Progress.DONE,
        created_at=at,
    )
    refund = refund_body(
        intent.body,
        intent.body["amount"],
        {"metadata": {"site": site_marker(), "refund": request.key}},
        status="succeeded",
        created=int(at.timestamp()),
    )
    made = DemoCharge.objects.create(object_id=refund["id"], intent=intent, body=refund)
    charge = DemoCharge.objects.get(object_id=intent.body["latest_charge"])
    charge.body |= {"amount_refunded": refund["amount"], "refunded": True}
    charge.save(update_fields=["body"])
    request.gateway_id = made.object_id
    request.save()
    _write_transaction(attempt, KIND.REFUND, made.object_id, at=at)
    PaymentMove.objects.create(
        attempt=attempt, old_state=State.PAID, new_state=State.REFUNDED, reason=REASON, at=at
    )
    attempt.state = State.REFUNDED
    attempt.save(update_fields=["state"])


def _write_transaction(attempt, kind, gateway_id, *, at):
    GatewayTransaction.objects.create(
        attempt=attempt,
        kind=kind,
        gateway_id=gateway_id,
        amount=attempt.amount,
        currency=attempt.currency,
        at=at,
    )
