"""Applies the retention rules, or counts what they would affect."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from commerce.privacy.retention import apply_rules


class Command(BaseCommand):
    help = "Delete or anonymise data past its retention period (docs/privacy.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count; change nothing")

    def handle(self, *args: Any, dry_run: bool = False, **options: Any) -> None:
        for outcome in apply_rules(is_dry_run=dry_run):
            self.stdout.write(f"{outcome.name}: {outcome.rows}")
        if dry_run:
            self.stdout.write("Nothing was changed.")
