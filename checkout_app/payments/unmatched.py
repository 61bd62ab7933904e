"""Intents of this shop without an order.

An order is written before its intent, so this happens only after the database was restored from a
backup. Staff must see such payments and refund them.
"""

import logging

from checkout_app.exceptions import GatewayRefused
from checkout_app.gateways.interface import Gateway, Intent
from checkout_app.gateways.registry import gateway_for
from checkout_app.models import StripeEvent, site_marker

logger = logging.getLogger("vitrine.payments")

#: The event type under which a paid intent is parked. Rows contain it, so this value stays.
UNMATCHED = "vitrine.orphan"
#: Statuses in which no money was captured.
CANCELLABLE_STATUSES = {
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "requires_capture",
}


def park_unmatched(gateway: Gateway, intent: Intent) -> None:
    """Cancel an unpaid intent, or park a paid one in the work queue for staff to refund."""
    if intent.status in CANCELLABLE_STATUSES:
        gateway.cancel_intent(intent.id)
        logger.error("intent %s has no attempt: cancelled", intent.id)
    elif intent.status == "succeeded":
        _row, is_new = StripeEvent.objects.get_or_create(
            event_id=f"{UNMATCHED}:{intent.id}",
            defaults={
                "type": UNMATCHED,
                "object_id": intent.id,
                "progress": StripeEvent.Progress.PARKED,
                "last_error": f"{intent.received_minor} {intent.currency} paid without an order",
            },
        )
        if is_new:
            logger.error("intent %s is paid and has no attempt", intent.id)
            events = StripeEvent.objects.filter(object_id=intent.id).exclude(type=UNMATCHED)
            events.exclude(progress=StripeEvent.Progress.FOREIGN).update(
                progress=StripeEvent.Progress.DONE, last_error=""
            )


def is_parked_unmatched(intent_id: str) -> bool:
    """Whether a paid intent without an order was parked before."""
    return StripeEvent.objects.filter(event_id=f"{UNMATCHED}:{intent_id}").exists()


def refund_unmatched(row: StripeEvent) -> None:
    """Refund a parked payment. Raises GatewayUnavailable and GatewayRefused."""
    gateway = gateway_for(row.object_id)
    intent = gateway.retrieve_intent(row.object_id)
    if intent.metadata.get("site") != site_marker():
        raise GatewayRefused("the payment belongs to another shop")
    gateway.refund(
        key=f"{row.event_id}:refund",
        intent_id=intent.id,
        amount_minor=intent.received_minor,
        metadata={"site": site_marker()},
    )
    row.progress, row.last_error = StripeEvent.Progress.DONE, "refunded"
    row.save(update_fields=["progress", "last_error"])
