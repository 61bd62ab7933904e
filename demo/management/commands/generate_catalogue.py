"""Generates a large catalogue next to the demo shop, for benchmarks."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from demo.generator import MAX_COUNT, generate_catalogue


class Command(BaseCommand):
    help = (
        "Add generated products to the demo shop until there are N of them. Run load_demo first, "
        "which loads their photographs. An interrupted run can be repeated."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "count", type=int, metavar="N", help=f"number of products, at most {MAX_COUNT:,}"
        )

    def handle(self, *args: Any, count: int, **options: Any) -> None:
        is_quiet = options["verbosity"] == 0
        with tqdm(desc="Products", unit="", disable=is_quiet or None) as bar:
            try:
                written = generate_catalogue(count, at=timezone.now(), on_done=bar.update)
            except ValueError as error:
                raise CommandError(str(error)) from error
        if not is_quiet:
            self.stdout.write(f"{written} products written.")
