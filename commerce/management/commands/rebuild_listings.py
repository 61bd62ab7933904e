import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from oscar.core.loading import get_model
from tqdm import tqdm

from commerce.index.photographs import render_missing_soon
from commerce.index.refresh import broken_listings, rebuild_listings


class Command(BaseCommand):
    help = (
        "Rebuild the read model of lists and search (docs/listing.md), also while the shop is open, and "
        "let the worker render missing sizes of photographs. To resume an interrupted run, pass the last "
        "printed key with --after."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--after", type=int, default=0, help="start after the product with this key"
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="only print differences, and exit with 1 if there are any",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self._check()
        else:
            self._rebuild(after=options["after"], quiet=options["verbosity"] == 0)

    def _check(self):
        broken = list(broken_listings())
        for sentence in broken:
            self.stderr.write(sentence)
        if broken:
            sys.exit(1)
        self.stdout.write("The lists match the catalogue.")

    def _rebuild(self, *, after, quiet):
        products = get_model("catalogue", "Product").objects.filter(parent=None, pk__gt=after)
        with tqdm(total=products.count(), desc="Listings", unit="", disable=quiet or None) as bar:

            def show(keys):
                bar.update(len(keys))
                bar.set_postfix_str(f"after {keys[-1]}")

            changed = rebuild_listings(on_done=show, after=after)
        count = render_missing_soon()
        if not quiet:
            self.stdout.write(f"{changed} listings changed. Photographs to be rendered: {count}.")
