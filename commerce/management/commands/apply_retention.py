"""Apply the retention rules now, or count what they would do."""

from django.core.management.base import BaseCommand

from commerce.privacy.retention import apply_rules


class Command(BaseCommand):
    help = "Delete or anonymise what is kept longer than docs/privacy.md says."

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="count, and change nothing")

    def handle(self, *args, dry_run=False, **options):
        for outcome in apply_rules(is_dry_run=dry_run):
            self.stdout.write(f"{outcome.name}: {outcome.rows}")
        if dry_run:
            self.stdout.write("Nothing was changed.")
