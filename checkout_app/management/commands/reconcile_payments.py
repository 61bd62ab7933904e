"""Compare payments with the gateway and finish what was left open."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from checkout_app.payments import reconcile, webhooks


class Command(BaseCommand):
    help = (
        "Work off waiting events, settle or expire open attempts, send captures and refunds that are "
        "due, compare refunds and disputes, and look for paid intents without an order. Run twice, the second time changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hours", type=int, default=48, help="how far back intents are listed")

    def handle(self, *args: Any, hours: int, **options: Any) -> None:
        now = timezone.now()
        webhooks.process_waiting_events()
        reconcile.reconcile_open(at=now)
        unmatched = reconcile.reconcile_recent(at=now, hours=hours)
        reconcile.reconcile_after(at=now)
        for intent in unmatched:
            self.stderr.write(f"intent {intent.id} is ours and no attempt knows it")
        self.stdout.write(f"Reconciled; {len(unmatched)} intents without an attempt.")
