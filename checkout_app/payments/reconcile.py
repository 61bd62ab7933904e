"""Make sure of it: compare what is written here with what the gateways know, and finish it.

Run twice, the second time changes nothing. One that fails never keeps the others waiting.
"""

import logging
from datetime import timedelta

from django.utils import timezone
from django_tasks import task

from checkout_app.gateways.registry import all_gateways
from checkout_app.models import OPEN_STATES, Dispute, PaymentAttempt, Progress, site_marker
from checkout_app.payments import cancel, captures, disputes, refunds, settle, webhooks
from checkout_app.payments.attempts import isolate_errors
from checkout_app.payments.unmatched import park_unmatched

logger = logging.getLogger("vitrine.payments")


def reconcile_open(*, at=None):
    """Ask about every attempt that is not final, send what is due, and expire what is overdue."""
    open_attempts = PaymentAttempt.objects.filter(state__in=OPEN_STATES).order_by("pk")
    with_intent = open_attempts.exclude(intent_id=None)
    for intent_id in list(with_intent.values_list("intent_id", flat=True)):
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


def reconcile_recent(*, at=None, hours=48):
    """Compare every intent of ours of the last hours with what the shop has written.

    Returns the intents that carry our mark and that no attempt is known for: one that nobody can
    pay is cancelled, one that was paid is parked for staff. Raises GatewayUnavailable where the
    gateway does not list them.
    """
    at = at or timezone.now()
    unmatched_intents = []
    for gateway in all_gateways():
        for intent in gateway.list_intents(since=at - timedelta(hours=hours)):
            if intent.metadata.get("site") != site_marker():
                continue
            with isolate_errors(f"settling {intent.id}"):
                if settle.settle_intent(intent, at=at) is None:
                    unmatched_intents.append(intent)
                    park_unmatched(gateway, intent)
    return unmatched_intents


def reconcile_after(*, at=None, days=35):
    """Compare the refunds and disputes of the last days, and those that wait for the bank.

    A refund may wait for weeks, and be refused after it went through. Raises GatewayUnavailable.
    """
    since = (at or timezone.now()) - timedelta(days=days)
    for gateway in all_gateways():
        refunds.reconcile_refunds(gateway, since=since)
        disputes.reconcile_disputes(gateway, since=since)
    disputed = PaymentAttempt.objects.filter(
        pk__in=Dispute.objects.exclude(status__in=Dispute.ENDED).values("attempt")
    )
    for intent_id in list(disputed.order_by("pk").values_list("intent_id", flat=True)):
        with isolate_errors(f"the disputes of {intent_id}"):  # A bank may take months.
            disputes.mirror_disputes(intent_id)
    waiting = PaymentAttempt.objects.filter(refunds__progress=Progress.SENT).distinct()
    for intent_id in list(waiting.order_by("pk").values_list("intent_id", flat=True)):
        with isolate_errors(f"the refunds of {intent_id}"):
            refunds.mirror_refunds(intent_id)


@task()
def reconcile_open_attempts():
    """Every five minutes: what is not final, events not worked off, and what is overdue."""
    webhooks.process_waiting_events()
    reconcile_open()


@task()
def reconcile_recent_intents():
    """Every hour: all intents of the last two days that are ours."""
    reconcile_recent()


@task()
def reconcile_refunds_and_disputes():
    """Every day: what was paid back or disputed, in the gateway's own dashboard too."""
    reconcile_after()
