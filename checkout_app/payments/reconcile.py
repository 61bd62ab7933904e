"""Reconciliation: compares the shop's payments with the gateways and completes what is open.

A second run changes nothing. One failing item does not stop the others.
"""

import logging
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django_tasks import task

from checkout_app.gateways.interface import Intent
from checkout_app.gateways.registry import all_gateways
from checkout_app.models import OPEN_STATES, Dispute, PaymentAttempt, Progress, site_marker
from checkout_app.payments import cancel, captures, disputes, refunds, settle, webhooks
from checkout_app.payments.attempts import isolate_errors
from checkout_app.payments.unmatched import park_unmatched
from commerce.shop_settings.current import in_the_shops_terms

logger = logging.getLogger("vitrine.payments")


def reconcile_open(*, at: datetime | None = None) -> None:
    """Settle every open attempt, send due captures and refunds, and expire overdue attempts."""
    open_attempts = PaymentAttempt.objects.filter(state__in=OPEN_STATES).order_by("pk")
    with_intent = open_attempts.exclude(intent_id=None)
    for intent_id in _intent_ids(with_intent):
        with isolate_errors(f"settling {intent_id}"):
            settle.settle(intent_id, at=at)
    for attempt_id in list(open_attempts.filter(amount=0).values_list("pk", flat=True)):
        with isolate_errors(f"settling free attempt {attempt_id}"):
            settle.settle_free(attempt_id)
    captures.reconcile_authorisations(at=at)
    owing = PaymentAttempt.objects.filter(refunds__progress=Progress.DUE).distinct()
    for attempt in list(owing.order_by("pk")):
        with isolate_errors(f"refunding order {attempt.order_id}"):
            refunds.send_refunds(attempt)
    cancel.expire_attempts(at=at)


def reconcile_recent(*, at: datetime | None = None, hours: int = 48) -> list[Intent]:
    """Settle every intent that this shop created in the last hours, as the gateways list them.

    Returns this shop's intents without an attempt. A paid one is parked for staff, an
    unpaid one is cancelled, and one that the bank is still processing is left alone. Raises GatewayUnavailable if a gateway cannot list its intents.
    """
    at = at or timezone.now()
    unmatched = []
    for gateway in all_gateways():
        for intent in gateway.list_intents(since=at - timedelta(hours=hours)):
            if intent.metadata.get("site") != site_marker():
                continue
            with isolate_errors(f"settling {intent.id}"):
                if settle.settle_intent(intent, at=at) is None:
                    unmatched.append(intent)
                    park_unmatched(gateway, intent)
    return unmatched


def mirror_refunds_and_disputes(*, at: datetime | None = None, days: int = 35) -> None:
    """Copy the refunds and disputes of the last days, and all undecided ones, from the gateways.

    A bank may take weeks over a refund, and may return one that succeeded. Raises
    GatewayUnavailable.
    """
    since = (at or timezone.now()) - timedelta(days=days)
    for gateway in all_gateways():
        refunds.reconcile_refunds(gateway, since=since)
        disputes.reconcile_disputes(gateway, since=since)
    disputed = PaymentAttempt.objects.filter(
        pk__in=Dispute.objects.exclude(status__in=Dispute.ENDED).values("attempt")
    )
    for intent_id in _intent_ids(disputed.order_by("pk")):
        with isolate_errors(f"the disputes of {intent_id}"):  # A bank may take months to decide.
            disputes.mirror_disputes(intent_id)
    waiting = PaymentAttempt.objects.filter(refunds__progress=Progress.SENT).distinct()
    for intent_id in _intent_ids(waiting.order_by("pk")):
        with isolate_errors(f"the refunds of {intent_id}"):
            refunds.mirror_refunds(intent_id)


def _intent_ids(attempts: QuerySet[PaymentAttempt]) -> list[str]:
    return [pk for pk in attempts.values_list("intent_id", flat=True) if pk]


@task()
@in_the_shops_terms()
def reconcile_open_attempts() -> None:
    """Every five minutes: process waiting events and reconcile open attempts."""
    webhooks.process_waiting_events()
    reconcile_open()


@task()
@in_the_shops_terms()
def reconcile_recent_intents() -> None:
    """Hourly: reconcile this shop's intents of the last two days."""
    reconcile_recent()


@task()
@in_the_shops_terms()
def reconcile_refunds_and_disputes() -> None:
    """Daily: reconcile refunds and disputes, including those made at the gateway."""
    mirror_refunds_and_disputes()
