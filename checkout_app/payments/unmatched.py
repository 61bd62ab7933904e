"""Intents that carry the shop's mark and that no order is known for.

The order is written before its intent is, so there is none unless a database was restored from a
copy. Then the money must not stay here unseen.
"""

import logging

from checkout_app.exceptions import GatewayRefused
from checkout_app.gateways.registry import gateway_for
from checkout_app.models import StripeEvent, site_marker

logger = logging.getLogger("vitrine.payments")

#: The kind of event under which a paid one is parked.
UNMATCHED = "vitrine.orphan"
#: Nobody can pay these any more, or they hold nothing.
CANCELLABLE_STATUSES = {
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "requires_capture",
}


def park_unmatched(gateway, intent):
    """Cancel one that was not paid, and park one that was, where staff pay it back."""
    if intent.status in CANCELLABLE_STATUSES:
        gateway.cancel_intent(intent.id)
        logger.error("intent %s was ours, no attempt knew it: cancelled", intent.id)
    elif intent.status == "succeeded":
        _row, is_new = StripeEvent.objects.get_or_create(
            event_id=f"{UNMATCHED}:{intent.id}",
            defaults={
                "type": UNMATCHED,
                "object_id": intent.id,
                "progress": StripeEvent.Progress.PARKED,
                "last_error": f"{intent.received_minor} {intent.currency} paid, and no order",
            },
        )
        if is_new:
            logger.error("intent %s is paid and no attempt knows it", intent.id)
            events = StripeEvent.objects.filter(object_id=intent.id).exclude(type=UNMATCHED)
            events.exclude(progress=StripeEvent.Progress.FOREIGN).update(
                progress=StripeEvent.Progress.DONE, last_error=""
            )


def is_parked_unmatched(intent_id):
    """Whether it is known that an intent of ours was paid and has no order."""
    return StripeEvent.objects.filter(event_id=f"{UNMATCHED}:{intent_id}").exists()


def refund_unmatched(row):
    """Staff pay the money of a parked one back. Raises GatewayUnavailable and GatewayRefused."""
    gateway = gateway_for(row.object_id)
    intent = gateway.retrieve_intent(row.object_id)
    if intent.metadata.get("site") != site_marker():
        raise GatewayRefused("the payment is another shop's")
    gateway.refund(
        key=f"{row.event_id}:refund",
        intent_id=intent.id,
        amount_minor=intent.received_minor,
        metadata={"site": site_marker()},
    )
    row.progress, row.last_error = StripeEvent.Progress.DONE, "paid back"
    row.save(update_fields=["progress", "last_error"])
