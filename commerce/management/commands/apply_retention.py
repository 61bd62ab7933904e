"""Apply the retention rules now, or count what they would do."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from commerce.privacy.retention import apply_rules


class Command(BaseCommand):
    help = "Delete or anonymise what is kept longer than docs/privacy.md says."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and change nothing")

    def handle(self, *args: Any, dry_run: bool = False, **options: Any) -> None:
        for outcome in apply_rules(is_dry_run=dry_run):
            self.stdout.write(f"{outcome.name}: {outcome.rows}")
        if dry_run:
            self.stdout.write("Nothing was changed.")
