"""Reconciles payments with the gateways."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from checkout_app.payments import reconcile, webhooks


class Command(BaseCommand):
    help = (
        "Process waiting events, settle or expire open attempts, send due captures and refunds, "
        "copy refunds and disputes, and look for paid intents without an order. Idempotent."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--hours", type=int, default=48, help="list intents of this many past hours"
        )

    def handle(self, *args: Any, hours: int, **options: Any) -> None:
        now = timezone.now()
        webhooks.process_waiting_events()
        reconcile.reconcile_open(at=now)
        unmatched = reconcile.reconcile_recent(at=now, hours=hours)
        reconcile.mirror_refunds_and_disputes(at=now)
        for intent in unmatched:
            self.stderr.write(f"intent {intent.id} belongs to this shop but has no attempt")
        self.stdout.write(f"Reconciled; {len(unmatched)} intents without an attempt.")
