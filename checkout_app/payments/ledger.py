"""Records charges and refunds once per gateway id, and in Oscar's payment sources.

The caller holds the attempt's lock.
"""

from datetime import datetime

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _
from oscar.apps.payment.abstract_models import AbstractSource
from oscar.core.loading import get_model

from checkout_app.gateways.interface import Intent
from checkout_app.models import GatewayTransaction, PaymentAttempt, RefundRequest
from commerce.audit.order_history import record_event
from commerce.models import OrderEvent
from commerce.money import from_minor

KIND = GatewayTransaction.Kind


def record_charge(attempt: PaymentAttempt, intent: Intent, *, at: datetime) -> None:
    """Record what an intent received. One row per charge; partial captures raise its amount."""
    amount = from_minor(intent.received_minor, intent.currency)
    charge, is_new = GatewayTransaction.objects.get_or_create(
        gateway_id=intent.charge_id or intent.id,
        defaults={
            "attempt": attempt,
            "kind": KIND.CHARGE,
            "amount": amount,
            "currency": intent.currency.upper(),
            "at": at,
        },
    )
    more = amount if is_new else amount - charge.amount
    if more <= 0:
        return
    if not is_new:
        charge.amount = amount
        charge.save(update_fields=["amount"])
    source = source_of(attempt, intent)
    source.debit(more, reference=charge.gateway_id, status=intent.status)
    record_event(
        attempt.order,
        OrderEvent.Kind.PAYMENT,
        _("Payment received"),
        reference=charge.gateway_id,
        amount=more,
    )


def source_of(attempt: PaymentAttempt, intent: Intent) -> AbstractSource:
    """Oscar's payment source for an intent, created if there is none."""
    source_type, _new = get_model("payment", "SourceType").objects.get_or_create(
        name=settings.GATEWAY_SOURCE_TYPES[attempt.method]
    )
    source, _new = get_model("payment", "Source").objects.get_or_create(
        order_id=attempt.order_id,
        reference=intent.id,
        defaults={
            "source_type": source_type,
            "currency": intent.currency.upper(),
            "label": f"{intent.brand} {intent.last4}".strip(),
        },
    )
    return source


def record_refund(request: RefundRequest, refund_id: str, *, status: str) -> None:
    """Record a refund that succeeded."""
    attempt = request.attempt
    _row, is_new = GatewayTransaction.objects.update_or_create(
        gateway_id=refund_id,
        defaults={
            "attempt": attempt,
            "kind": KIND.REFUND,
            "amount": request.amount,
            "currency": attempt.money_currency,
        },
    )
    source = attempt.order.sources.filter(reference=attempt.intent_id).first()
    if source and is_new:
        source.refund(request.amount, reference=refund_id, status=status)
    text = _("Refunded: %(reason)s") % {"reason": request.reason}
    record_event(
        attempt.order,
        OrderEvent.Kind.REFUND,
        text,
        reference=refund_id,
        amount=request.amount,
        user=request.user,
    )


def record_returned_refund(request: RefundRequest, *, status: str) -> None:
    """Record that the customer's bank returned a refund that had succeeded."""
    attempt = request.attempt
    GatewayTransaction.objects.filter(gateway_id=request.gateway_id).update(
        kind=KIND.RETURNED_REFUND
    )
    source = attempt.order.sources.filter(reference=attempt.intent_id).first()
    if source:
        get_model("payment", "Source").objects.filter(pk=source.pk).update(
            amount_refunded=F("amount_refunded") - request.amount
        )
        source.transactions.create(
            txn_type="Refund returned",
            amount=request.amount,
            reference=request.gateway_id,
            status=status,
        )
    text = _("The customer’s bank returned a refund")
    record_event(
        attempt.order,
        OrderEvent.Kind.REFUND,
        text,
        reference=request.gateway_id or "",
        amount=request.amount,
    )
