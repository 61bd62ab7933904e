import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from oscar.core.loading import get_model
from tqdm import tqdm

from commerce.index.refresh import broken_listings, rebuild_listings


class Command(BaseCommand):
    help = (
        "Write the read model of lists and search anew (docs/listing.md). Interrupted, it goes on "
        "with --after and the key that it printed last; the shop may sell meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--after", type=int, default=0, help="Begin behind this product's key.")
        parser.add_argument(
            "--check", action="store_true", help="Change nothing; name what differs, and exit 1."
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
        self.stdout.write("The lists say what the catalogue says.")

    def _rebuild(self, *, after, quiet):
        products = get_model("catalogue", "Product").objects.filter(parent=None, pk__gt=after)
        with tqdm(total=products.count(), desc="Listings", unit="", disable=quiet or None) as bar:

            def show(keys):
                bar.update(len(keys))
                bar.set_postfix_str(f"after {keys[-1]}")

            changed = rebuild_listings(on_done=show, after=after)
        if not quiet:
            self.stdout.write(f"{changed} listings changed.")
