"""Stripe's webhook: verifies and stores events. A worker then reads the payment from Stripe."""

import logging

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django_tasks import task

from checkout_app.exceptions import GatewayRefused, GatewayUnavailable
from checkout_app.gateways.interface import Event
from checkout_app.gateways.registry import gateway_for
from checkout_app.gateways.stripe import get_gateway
from checkout_app.models import StripeEvent, site_marker
from checkout_app.payments import disputes, refunds, settle
from checkout_app.payments.unmatched import UNMATCHED, is_parked_unmatched

logger = logging.getLogger("vitrine.payments")

#: After this many failures an event is parked.
MAX_ATTEMPTS = 10


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """200 once the event is stored; 400 for a forged or stale one; 403 over plain HTTP."""
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        return HttpResponse("https only", status=403)
    try:
        store_event(request.body, request.headers.get("Stripe-Signature", ""))
    except GatewayRefused as error:
        logger.warning("webhook refused: %s", error)
        return HttpResponse("signature not accepted", status=400)
    except (KeyError, ValueError, TypeError, AttributeError):
        return HttpResponse("not an event", status=400)
    return HttpResponse("ok")


def store_event(payload: bytes, signature: str) -> None:
    """Store a signed event, once per id, and enqueue its processing.

    Raises GatewayRefused if the signature is not valid or too old.
    """
    event = get_gateway().read_event(payload, signature)
    try:
        with transaction.atomic():
            row, is_new = StripeEvent.objects.get_or_create(
                event_id=event.id,
                defaults={
                    "type": event.type[:100],
                    "object_id": event.object_id,
                    "livemode": event.livemode,
                    "progress": (
                        StripeEvent.Progress.FOREIGN
                        if _is_foreign(event)
                        else StripeEvent.Progress.WAITING
                    ),
                },
            )
    except IntegrityError:  # the same event in two requests at the same time
        return
    if is_new and row.progress == StripeEvent.Progress.WAITING:
        transaction.on_commit(lambda: process_event_task.enqueue(row.event_id))


def _is_foreign(event: Event) -> bool:
    """Whether the event belongs to another shop in the account, or to the other mode's keys."""
    site = event.metadata.get("site")
    is_of_another = bool(site) and site != site_marker()
    return is_of_another or event.livemode != get_gateway().is_live


def process_event(event_id: str) -> None:
    """Process a stored event. A failure leaves it for the next round; the last one parks it."""
    row = StripeEvent.objects.filter(
        event_id=event_id, progress=StripeEvent.Progress.WAITING
    ).first()
    if row is None:
        return
    row.attempts += 1
    try:
        _apply_event(row)
    except (GatewayUnavailable, GatewayRefused) as error:
        row.last_error = str(error)[:500]
    except Exception as error:
        # Count every error, so that the event is parked in the work queue in the end.
        logger.exception("event %s failed", row.event_id)
        row.last_error = f"{type(error).__name__}: {error}"[:500]
    if row.progress == StripeEvent.Progress.WAITING and row.attempts >= MAX_ATTEMPTS:
        row.progress = StripeEvent.Progress.PARKED
        logger.error("event %s is parked: %s", row.event_id, row.last_error)
    row.save(update_fields=["progress", "attempts", "last_error"])


def _apply_event(row: StripeEvent) -> None:
    """Settle the event's object as the gateway reports it. An unknown intent keeps waiting."""
    if row.object_id.startswith("pi_") or row.type == UNMATCHED:
        if settle.settle(row.object_id) is None:
            if _belongs_to_another_shop(row.object_id):
                row.progress, row.last_error = StripeEvent.Progress.FOREIGN, ""
                return
            if is_parked_unmatched(row.object_id):  # One item for the payment, not one per event.
                row.progress, row.last_error = StripeEvent.Progress.DONE, ""
                return
            row.last_error = "this intent has no attempt"
            return
        if row.type.startswith(("refund.", "charge.refund")):
            refunds.mirror_refunds(row.object_id)
        elif row.type.startswith("charge.dispute."):
            disputes.mirror_disputes(row.object_id)
    row.progress = StripeEvent.Progress.DONE
    row.last_error = ""


def _belongs_to_another_shop(intent_id: str) -> bool:
    """Whether another shop created the intent. Refunds and disputes carry no site themselves."""
    site = gateway_for(intent_id).retrieve_intent(intent_id).metadata.get("site")
    return bool(site) and site != site_marker()


def process_waiting_events() -> None:
    """Process up to 200 waiting events again."""
    for event_id in list(StripeEvent.objects.unfinished().values_list("event_id", flat=True)[:200]):
        process_event(event_id)


@task()
def process_event_task(event_id: str) -> None:
    """Process one of Stripe's events (see ``process_event``)."""
    process_event(event_id)
