"""Money that moved, written once for each id of the gateway's, and into Oscar's payment source.

Everything here needs the attempt's lock.
"""

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from checkout_app.models import GatewayTransaction
from commerce.audit.order_history import note_event
from commerce.money import from_minor

KIND = GatewayTransaction.Kind


def record_charge(attempt, intent, *, at):
    """What an intent has received: one row for its charge, which grows where parts are taken."""
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
    note_event(
        attempt.order, "payment", _("Money arrived"), reference=charge.gateway_id, amount=more
    )


def source_of(attempt, intent):
    """Oscar's record of where an order's money came from."""
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


def record_refund(request, refund_id, *, status):
    """A refund went through."""
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
    text = _("Paid back: %(reason)s") % {"reason": request.reason}
    note_event(
        attempt.order, "refund", text, reference=refund_id, amount=request.amount, user=request.user
    )


def record_returned_refund(request, *, status):
    """A refund that had gone through came back from the customer's bank."""
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
    text = _("A refund came back from the customer's bank")
    note_event(attempt.order, "refund", text, reference=request.gateway_id, amount=request.amount)
