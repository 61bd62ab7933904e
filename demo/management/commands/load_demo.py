import logging
import os
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone
from tqdm import tqdm
from wagtail.signal_handlers import disable_reference_index_auto_update

from commerce.catalogue.related import pair_bought_together
from commerce.index.receivers import one_refresh
from commerce.index.refresh import rebuild_listings
from demo import accounts, catalogue, files, orders, pages, people, photographs, pricing
from demo.page_parts import Pieces
from home.sites import sync_sites
from home.staff.roles import create_page_roles


class Command(BaseCommand):
    help = (
        "Load the demo shop Saltmarsh: roles, catalogue, photographs, pages, accounts, past orders. "
        "Adds what is missing and leaves the rest alone."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--no-renditions",
            action="store_true",
            help="Leave the photographs' sizes to be rendered when first asked for.",
        )

    def handle(self, *args, **options):
        at = timezone.now()
        if options["verbosity"] < 2:  # Wagtail logs each page that it publishes.
            logging.getLogger("wagtail").setLevel(logging.WARNING)
        quiet = options["verbosity"] == 0
        create_page_roles()
        # Hundreds of rows would each queue a task for the index; once at the end is quicker.
        with disable_reference_index_auto_update():
            with one_refresh():
                self._load_catalogue(at)
                images = self._load_photographs(quiet=quiet, render=not options["no_renditions"])
            written = pages.load_pages(Pieces.gather(images))
        if written:
            call_command("rebuild_references_index", verbosity=0)
        sync_sites()
        created = accounts.load_accounts()
        customers = people.load_customers()
        people.load_reviews(customers, at=at)
        orders.load_orders(customers, at=at)
        call_command("load_demo_payments", verbosity=0)
        rebuild_listings()  # what was sold and reviewed changes the order of lists
        pair_bought_together(at=at)
        if not quiet:
            self._report(created)

    def _load_catalogue(self, at):
        catalogue.load_delivery()
        catalogue.load_categories()
        catalogue.load_products()
        catalogue.load_facets()
        catalogue.load_synonyms()
        pricing.load_sale(at=at)
        pricing.load_offer()
        pricing.load_voucher(at=at)

    def _load_photographs(self, *, quiet, render):
        count = sum(1 for _photo in files.PHOTOS.glob("*.jpg"))
        with tqdm(total=2 * count, desc="Photographs", unit="", disable=quiet or None) as bar:
            images = photographs.load_images(on_done=lambda _image: bar.update())
            photographs.load_pictures(images)
            if render:
                photographs.render_images(images, on_done=lambda _image: bar.update())
        return images

    def _report(self, created):
        if not created:
            self.stdout.write("The demo shop is loaded; its accounts exist already.")
            return
        rows = [f"  {row.role:<13}{row.email:<34}{row.password}" for row in created]
        if self.stdout.isatty():
            self.stdout.write("\nThe demo shop is loaded. These passwords are shown once:\n")
            self.stdout.write("\n".join([*rows, ""]))
        else:  # A log is read by many, and kept.
            path = write_accounts(rows)
            self.stdout.write(
                f"The demo shop is loaded; the passwords of its accounts are in {path}."
            )


def write_accounts(rows):
    """Add lines to ``accounts.txt`` in the folder VAR_DIR, which its owner alone may read; its path."""
    path = Path(settings.VAR_DIR, "accounts.txt")
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
        file.writelines(f"{row.strip()}\n" for row in rows)
    path.chmod(0o600)
    return path
