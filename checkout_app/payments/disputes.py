"""Disputed charges: mirrored from the gateway, shown to staff; an open one blocks shipping."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from checkout_app.gateways import interface
from checkout_app.gateways.interface import Gateway
from checkout_app.gateways.registry import gateway_for
from checkout_app.models import Dispute, PaymentAttempt
from checkout_app.payments.attempts import isolate_errors, lock_attempt
from commerce.audit.order_history import record_event
from commerce.models import OrderEvent
from commerce.money import from_minor
from commerce.transactions import retry_transient


def mirror_disputes(intent_id: str) -> None:
    """Copy an intent's disputes from the gateway. Raises GatewayUnavailable."""
    attempt = PaymentAttempt.objects.filter(intent_id=intent_id).first()
    if attempt is None:
        return
    for dispute in gateway_for(intent_id).list_disputes(intent_id=intent_id):
        mirror_dispute(attempt.pk, dispute)


@retry_transient
def mirror_dispute(attempt_id: int, dispute: interface.Dispute) -> None:
    """Copy one dispute from the gateway. Idempotent."""
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        row, is_new = Dispute.objects.get_or_create(
            gateway_id=dispute.id,
            defaults={
                "attempt": attempt,
                "status": dispute.status,
                "reason": dispute.reason[:60],
                "amount": from_minor(dispute.amount_minor, attempt.currency),
                "answer_until": dispute.answer_until,
            },
        )
        if not is_new and (row.status, row.answer_until) == (dispute.status, dispute.answer_until):
            return
        is_new_status = is_new or row.status != dispute.status
        row.status, row.answer_until = dispute.status, dispute.answer_until
        row.save(update_fields=["status", "answer_until"])
        if is_new_status:
            text = _("Dispute at the customer’s bank: %(status)s") % {"status": row.words}
            record_event(
                attempt.order,
                OrderEvent.Kind.PAYMENT,
                text,
                reference=row.gateway_id,
                amount=row.amount,
            )


def reconcile_disputes(gateway: Gateway, *, since: datetime) -> None:
    """Copy every dispute that was opened at a gateway since then."""
    for dispute in gateway.list_disputes(since=since):
        attempt = PaymentAttempt.objects.filter(intent_id=dispute.intent_id).first()
        if attempt is not None:
            with isolate_errors(f"dispute {dispute.id}"):
                mirror_dispute(attempt.pk, dispute)
