"""A large catalogue beside the demo shop, for measuring and for trying things out."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from demo.generator import MOST, generate_catalogue


class Command(BaseCommand):
    help = (
        "See that there are N generated pieces beside the demo shop (load_demo first, for their "
        "photographs). The same N again does nothing, a larger one adds; it may be interrupted."
    )

    def add_arguments(self, parser):
        parser.add_argument("count", type=int, metavar="N", help=f"pieces, at most {MOST:,}")

    def handle(self, *args, count, **options):
        is_quiet = options["verbosity"] == 0
        with tqdm(desc="Pieces", unit="", disable=is_quiet or None) as bar:
            try:
                written = generate_catalogue(count, at=timezone.now(), on_done=bar.update)
            except ValueError as error:
                raise CommandError(str(error)) from error
        if not is_quiet:
            self.stdout.write(f"{written} pieces written.")
