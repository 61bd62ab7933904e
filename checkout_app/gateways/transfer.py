"""Bank transfers behind the gateway's interface: customers send money, staff record it.

``BankTransfer`` takes the place of Stripe. An intent waits until staff record what arrived, and a
refund is pending until staff record that it was sent.
"""

import secrets
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from checkout_app.exceptions import GatewayRefused, UnknownAtGateway
from checkout_app.gateways.interface import Dispute, Intent, Refund
from checkout_app.models import BankTransfer, PaymentAttempt, TransferRefund
from commerce.models import User
from commerce.money import from_minor
from commerce.shop_settings.current import current_shop

PREFIX = "bt_"
REFUND_PREFIX = "btr_"
#: BankTransfer's states as Stripe's statuses of an intent.
STATUSES = {
    BankTransfer.Status.WAITING: "requires_payment_method",
    BankTransfer.Status.RECEIVED: "succeeded",
    BankTransfer.Status.CANCELLED: "canceled",
}


class TransferGateway:
    """checkout_app.gateways.interface.Gateway over a table. It has no holds and no disputes."""

    def create_intent(
        self,
        *,
        key: str,
        amount_minor: int,
        currency: str,
        metadata: dict[str, str],
        email: str,
        is_held: bool = False,
        customer: str = "",
    ) -> Intent:
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

    def retrieve_intent(self, intent_id: str) -> Intent:
        return _intent(_find_transfer(intent_id))

    def cancel_intent(self, intent_id: str) -> Intent:
        """Cancel it, or mark it as succeeded with less if a part of the money arrived."""
        waiting = BankTransfer.objects.filter(
            reference=intent_id, status=BankTransfer.Status.WAITING
        )
        waiting.filter(received_minor=0).update(status=BankTransfer.Status.CANCELLED)
        waiting.filter(received_minor__gt=0).update(status=BankTransfer.Status.RECEIVED)
        return _intent(_find_transfer(intent_id))

    def list_intents(self, *, since: datetime) -> list[Intent]:
        return [_intent(row) for row in BankTransfer.objects.filter(created_at__gte=since)]

    def capture(self, *, key: str, intent_id: str, amount_minor: int, is_final: bool) -> Intent:
        raise GatewayRefused("a transfer is not authorised first, so there is nothing to capture")

    def refund(
        self, *, key: str, intent_id: str, amount_minor: int, metadata: dict[str, str]
    ) -> Refund:
        with transaction.atomic():
            transfer = BankTransfer.objects.select_for_update().filter(reference=intent_id).first()
            if transfer is None:
                raise UnknownAtGateway(f"no transfer {intent_id}")
            made = TransferRefund.objects.filter(key=key).first()
            if made is None:
                back = sum(transfer.refunds.values_list("amount_minor", flat=True))
                if back + amount_minor > transfer.received_minor:
                    raise GatewayRefused("the refunds would exceed what arrived")
                made = TransferRefund.objects.create(
                    transfer=transfer,
                    key=key,
                    reference=f"{REFUND_PREFIX}{secrets.token_hex(12)}",
                    amount_minor=amount_minor,
                    metadata=metadata,
                )
        return _refund(made)

    def list_refunds(self, *, intent_id: str = "", since: datetime | None = None) -> list[Refund]:
        rows = TransferRefund.objects.select_related("transfer").order_by("pk")
        if intent_id:
            rows = rows.filter(transfer__reference=intent_id)
        if since is not None:
            rows = rows.filter(created_at__gte=since)
        return [_refund(row) for row in rows]

    def list_disputes(self, *, intent_id: str = "", since: datetime | None = None) -> list[Dispute]:
        return []


@transaction.atomic
def record_received(reference: str, *, amount_minor: int, user: User, before: int = 0) -> bool:
    """Record money that arrived for a transfer. False if the transfer does not wait for any.

    ``before`` is the sum that the user saw as arrived. If the sum has changed since, someone else
    has recorded it: nothing is written and False is returned. The transfer keeps waiting while less
    than the amount has arrived, unless it was cancelled: late money ends it. The caller settles the
    attempt, which goes to review if the sum differs from the order. Locks the transfer.
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
def close_part_received(reference: str, *, user: User) -> bool:
    """Stop waiting for the rest of a part payment. False if nothing or everything arrived."""
    row = _open_row(reference)
    if row is None or not row.received_minor:
        return False
    row.status, row.received_by = row.Status.RECEIVED, user
    row.save()
    return True


def _open_row(reference: str) -> BankTransfer | None:
    rows = BankTransfer.objects.select_for_update()
    return rows.filter(reference=reference).exclude(status=BankTransfer.Status.RECEIVED).first()


def record_sent(reference: str, *, user: User) -> bool:
    """Record that a refund was sent. False if that was recorded before."""
    return bool(
        TransferRefund.objects.filter(reference=reference, is_sent=False).update(
            is_sent=True, sent_by=user
        )
    )


def payment_details(attempt: PaymentAttempt) -> dict[str, Any]:
    """What a customer needs for the transfer: the shop's account, the reference, the deadline.

    ``arrived`` and ``missing`` are amounts in the attempt's currency.
    """
    row = BankTransfer.objects.filter(reference=attempt.intent_id).first()
    arrived = from_minor(row.received_minor, row.currency) if row else Decimal(0)
    return {
        "arrived": arrived,
        "missing": max(attempt.amount - arrived, Decimal(0)),
        "account_name": settings.TRANSFER_ACCOUNT_NAME or current_shop().seller["name"],
        "account": settings.TRANSFER_ACCOUNT,
        "reference": attempt.order.number,
        "until": attempt.expires_at,
    }


def _find_transfer(reference: str) -> BankTransfer:
    row = BankTransfer.objects.filter(reference=reference).first()
    if row is None:
        raise UnknownAtGateway(f"no transfer {reference}")
    return row


def _intent(row: BankTransfer) -> Intent:
    return Intent(
        id=row.reference,
        status=STATUSES[BankTransfer.Status(row.status)],
        amount_minor=row.amount_minor,
        received_minor=row.received_minor,
        currency=row.currency,
        charge_id=row.reference if row.received_minor else "",
        metadata=row.metadata,
    )


def _refund(row: TransferRefund) -> Refund:
    return Refund(
        id=row.reference,
        status="succeeded" if row.is_sent else "pending",
        amount_minor=row.amount_minor,
        intent_id=row.transfer.reference,
        metadata=row.metadata,
    )
