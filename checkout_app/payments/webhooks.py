"""Stripe's webhook: verifies and stores events. A worker then reads the payment from Stripe."""

import logging

from django.conf import settings
from django.db import transaction
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
from checkout_app.payments.unmatched import is_parked_unmatched
from commerce.shop_settings.current import in_the_shops_terms
from commerce.transactions import enqueue_on_commit, retry_transient

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
    Progress = StripeEvent.Progress
    row, is_new = StripeEvent.objects.get_or_create(
        event_id=event.id,
        defaults={
            "type": event.type[:100],
            "object_id": event.object_id,
            "livemode": event.livemode,
            "progress": Progress.FOREIGN if _is_foreign(event) else Progress.WAITING,
        },
    )
    if is_new and row.progress == Progress.WAITING:
        enqueue_on_commit(process_event_task, row.event_id)


def _is_foreign(event: Event) -> bool:
    """Whether the event belongs to another shop in the account, or to the other mode's keys."""
    site = event.metadata.get("site")
    is_of_another = bool(site) and site != site_marker()
    return is_of_another or event.livemode != get_gateway().is_live


def process_event(event_id: str) -> None:
    """Process a stored event. A failure leaves it for the next round; the last one parks it.

    Several workers may process one event: every attempt is counted, and a failed one never reopens
    an event that another worker completed.
    """
    row = StripeEvent.objects.filter(
        event_id=event_id, progress=StripeEvent.Progress.WAITING
    ).first()
    if row is None:
        return
    progress, error = StripeEvent.Progress.WAITING, ""
    try:
        progress, error = _apply_event(row)
    except (GatewayUnavailable, GatewayRefused) as refusal:
        error = str(refusal)
    except Exception as failure:
        # Count every error, so that the event is parked in the work queue in the end.
        logger.exception("event %s failed", row.event_id)
        error = f"{type(failure).__name__}: {failure}"
    _record_attempt(row.pk, progress, error[:500])


@retry_transient
def _record_attempt(pk: int, progress: StripeEvent.Progress, error: str) -> None:
    """Count an attempt under the row's lock, and record its outcome if the event was not final."""
    Progress = StripeEvent.Progress
    with transaction.atomic(durable=True):
        row = StripeEvent.objects.select_for_update().filter(pk=pk).first()
        if row is None:
            return
        row.attempts += 1
        if row.progress in (Progress.DONE, Progress.FOREIGN):
            pass  # Another worker was first.
        elif progress != Progress.WAITING:
            row.progress, row.last_error = progress, error
        elif row.progress == Progress.WAITING:
            row.last_error = error
            if row.attempts >= MAX_ATTEMPTS:
                row.progress = Progress.PARKED
                logger.error("event %s is parked: %s", row.event_id, error)
        row.save(update_fields=["progress", "attempts", "last_error"])


def _apply_event(row: StripeEvent) -> tuple[StripeEvent.Progress, str]:
    """Settle the event's object as the gateway reports it. Returns the progress and an error.

    An event of an unknown intent keeps waiting.
    """
    Progress = StripeEvent.Progress
    if row.object_id.startswith("pi_"):
        if settle.settle(row.object_id) is None:
            if _belongs_to_another_shop(row.object_id):
                return Progress.FOREIGN, ""
            if is_parked_unmatched(row.object_id):  # One item for the payment, not one per event.
                return Progress.DONE, ""
            return Progress.WAITING, "this intent has no attempt"
        if row.type.startswith(("refund.", "charge.refund")):
            refunds.mirror_refunds(row.object_id)
        elif row.type.startswith("charge.dispute."):
            disputes.mirror_disputes(row.object_id)
    return Progress.DONE, ""


def _belongs_to_another_shop(intent_id: str) -> bool:
    """Whether another shop created the intent. Refunds and disputes carry no site themselves."""
    site = gateway_for(intent_id).retrieve_intent(intent_id).metadata.get("site")
    return bool(site) and site != site_marker()


def process_waiting_events() -> None:
    """Process up to 200 waiting events again, the oldest first."""
    waiting = StripeEvent.objects.unfinished().order_by("received_at", "pk")
    for event_id in list(waiting.values_list("event_id", flat=True)[:200]):
        process_event(event_id)


@task()
@in_the_shops_terms()
def process_event_task(event_id: str) -> None:
    """Process one of Stripe's events (see ``process_event``)."""
    process_event(event_id)
