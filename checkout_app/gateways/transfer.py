"""Bank transfer behind the gateway's interface: the customer sends money, Finance sees it arrive.

The counterpart of Stripe here is a table that people write to, ``BankTransfer``: an intent "waits"
until somebody says what arrived, and a refund is "pending" until somebody says that it was sent.
"""

import secrets
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from checkout_app.exceptions import GatewayRefused, UnknownIntent
from checkout_app.gateways.interface import Intent, Refund
from checkout_app.models import BankTransfer, TransferRefund
from commerce.money import from_minor

PREFIX = "bt_"
REFUND_PREFIX = "btr_"
#: BankTransfer's states in Stripe's words, which payments reads.
STATUSES = {
    BankTransfer.Status.WAITING: "requires_payment_method",
    BankTransfer.Status.RECEIVED: "succeeded",
    BankTransfer.Status.CANCELLED: "canceled",
}


class TransferGateway:
    """checkout_app.gateways.interface.Gateway over our own table. Nothing is held, nothing is disputed."""

    def create_intent(
        self, *, key, amount_minor, currency, metadata, email, is_held=False, customer=""
    ):
        row, _new = BankTransfer.objects.get_or_create(
            key=key,
            defaults={
                "reference": f"{PREFIX}{secrets.token_hex(12)}",
                "amount_minor": amount_minor,
                "currency": currency.upper(),
                "metadata": metadata,
            },
        )
        return _intent(row)

    def retrieve_intent(self, intent_id):
        return _intent(_find_transfer(intent_id))

    def cancel_intent(self, intent_id):
        """Where a part arrived it is too late for that: the intent has succeeded, with less."""
        waiting = BankTransfer.objects.filter(
            reference=intent_id, status=BankTransfer.Status.WAITING
        )
        waiting.filter(received_minor=0).update(status=BankTransfer.Status.CANCELLED)
        waiting.filter(received_minor__gt=0).update(status=BankTransfer.Status.RECEIVED)
        return _intent(_find_transfer(intent_id))

    def list_intents(self, *, since):
        return [_intent(row) for row in BankTransfer.objects.filter(created_at__gte=since)]

    def capture(self, *, key, intent_id, amount_minor, is_final):
        raise GatewayRefused("a transfer is not held, so there is nothing to take")

    def refund(self, *, key, intent_id, amount_minor, metadata):
        with transaction.atomic():
            transfer = BankTransfer.objects.select_for_update().filter(reference=intent_id).first()
            if transfer is None:
                raise UnknownIntent(f"no transfer {intent_id}")
            made = TransferRefund.objects.filter(key=key).first()
            if made is None:
                back = sum(transfer.refunds.values_list("amount_minor", flat=True))
                if back + amount_minor > transfer.received_minor:
                    raise GatewayRefused("more would go back than came")
                made = TransferRefund.objects.create(
                    transfer=transfer,
                    key=key,
                    reference=f"{REFUND_PREFIX}{secrets.token_hex(12)}",
                    amount_minor=amount_minor,
                    metadata=metadata,
                )
        return _refund(made)

    def list_refunds(self, *, intent_id="", since=None):
        rows = TransferRefund.objects.select_related("transfer").order_by("pk")
        if intent_id:
            rows = rows.filter(transfer__reference=intent_id)
        if since is not None:
            rows = rows.filter(created_at__gte=since)
        return [_refund(row) for row in rows]

    def list_disputes(self, *, intent_id="", since=None):
        return []


@transaction.atomic
def record_received(reference, *, amount_minor, user, before=0):
    """Finance saw money arrive for a transfer. False where it waits for none (any more).

    ``before`` is what had arrived when they looked: with another sum by now somebody else has noted
    it, and nothing is written. It waits on while less is here than was asked for, unless it was
    given up: then the money is there, late. The caller settles the attempt afterwards; what differs
    from the order goes to review there.
    """
    row = _open_row(reference)
    if row is None or row.received_minor != before:
        return False
    row.received_minor += amount_minor
    if row.status == row.Status.CANCELLED or row.received_minor >= row.amount_minor:
        row.status = row.Status.RECEIVED
    row.received_by, row.received_at = user, timezone.now()
    row.save()
    return True


@transaction.atomic
def close_part_received(reference, *, user):
    """Finance expects no more than what arrived in part. False where nothing or all of it did."""
    row = _open_row(reference)
    if row is None or not row.received_minor:
        return False
    row.status, row.received_by = row.Status.RECEIVED, user
    row.save()
    return True


def _open_row(reference):
    rows = BankTransfer.objects.select_for_update()
    return rows.filter(reference=reference).exclude(status=BankTransfer.Status.RECEIVED).first()


def record_sent(reference, *, user):
    """Finance sent a refund. False where it was sent before."""
    return bool(
        TransferRefund.objects.filter(reference=reference, is_sent=False).update(
            is_sent=True, sent_by=user
        )
    )


def payment_details(attempt):
    """What a customer needs to send the money: the shop's account, and what to write on it.

    ``arrived`` and ``missing`` are amounts; nothing has arrived as a rule.
    """
    row = BankTransfer.objects.filter(reference=attempt.intent_id).first()
    arrived = from_minor(row.received_minor, row.currency) if row else Decimal(0)
    return {
        "arrived": arrived,
        "missing": max(attempt.amount - arrived, Decimal(0)),
        "account_name": settings.TRANSFER_ACCOUNT_NAME,
        "account": settings.TRANSFER_ACCOUNT,
        "reference": attempt.order.number,
        "until": attempt.expires_at,
    }


def _find_transfer(reference):
    row = BankTransfer.objects.filter(reference=reference).first()
    if row is None:
        raise UnknownIntent(f"no transfer {reference}")
    return row


def _intent(row):
    return Intent(
        id=row.reference,
        status=STATUSES[BankTransfer.Status(row.status)],
        amount_minor=row.amount_minor,
        received_minor=row.received_minor,
        currency=row.currency,
        charge_id=row.reference if row.received_minor else "",
        metadata=row.metadata,
    )


def _refund(row):
    return Refund(
        id=row.reference,
        status="succeeded" if row.is_sent else "pending",
        amount_minor=row.amount_minor,
        intent_id=row.transfer.reference,
        metadata=row.metadata,
    )
