"""Check the database invariants."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from commerce.orders.invariants import REGISTRY, broken_invariants


class Command(BaseCommand):
    help = (
        "Check the invariants of stock, money and mail. Prints a line per violation and then fails."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        broken = broken_invariants()
        for sentence in broken:
            self.stderr.write(sentence)
        if broken:
            raise CommandError(f"Violations of invariants, listed above: {len(broken)}.")
        self.stdout.write(f"{len(REGISTRY)} invariants hold.")
