import logging
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from tqdm import tqdm
from wagtail.signal_handlers import disable_reference_index_auto_update

from commerce.catalogue.related import pair_bought_together
from commerce.clock import shop_time
from commerce.index.refresh import rebuild_listings
from commerce.index.refresh_queue import one_refresh
from demo import accounts, catalogue, files, orders, pages, people, photographs, pricing
from demo.body_builder import BodyBuilder
from demo.lindenblatt import loader
from demo.shop_settings import load_shop_settings
from home.sites import sync_sites
from home.staff.roles import create_page_roles

#: The value of DEMO for the second shop.
SECOND = "lindenblatt"


class Command(BaseCommand):
    help = (
        "Load the demo shop named by DEMO, Saltmarsh or Lindenblatt: roles, catalogue, photographs, pages, accounts, past orders. "
        "Only adds what is missing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--no-renditions",
            action="store_true",
            help="Do not render photographs now, but on the first request.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        if options["verbosity"] < 2:  # Wagtail logs every page it publishes.
            logging.getLogger("wagtail").setLevel(logging.WARNING)
        quiet = options["verbosity"] == 0
        create_page_roles()
        # Hundreds of rows would each queue an index task; one update at the end is faster.
        is_second = settings.DEMO == SECOND
        with disable_reference_index_auto_update():
            with one_refresh():
                self._load_catalogue(at)
                images = self._load_photographs(quiet=quiet, render=not options["no_renditions"])
            written = (
                loader.load_pages(images)
                if is_second
                else pages.load_pages(BodyBuilder.gather(images))
            )
        if written:
            call_command("rebuild_references_index", verbosity=0)
        sync_sites()
        if is_second:
            created = accounts.load_accounts(loader.PEOPLE, loader.DOMAIN)
            loader.load_people(at)
        else:
            created = accounts.load_accounts()
            customers = people.load_customers()
            people.load_reviews(customers, at=at)
            orders.load_orders(customers, at=at)
            call_command("load_demo_payments", verbosity=0)
        rebuild_listings()  # Sales and reviews change the order of lists.
        with shop_time(at):
            pair_bought_together()
        if not quiet:
            self._report(created)

    def _load_catalogue(self, at: datetime) -> None:
        if settings.DEMO == SECOND:
            loader.load_catalogue(at)
            return
        catalogue.load_delivery(files.read("shop"))
        load_shop_settings()
        catalogue.load_categories()
        catalogue.load_products()
        catalogue.load_facets()
        catalogue.load_synonyms()
        pricing.load_sale(at=at)
        pricing.load_offer()
        pricing.load_voucher(at=at)

    def _load_photographs(self, *, quiet: bool, render: bool) -> dict[str, Any]:
        is_second = settings.DEMO == SECOND
        count = (
            loader.count_pictures()
            if is_second
            else sum(1 for _photo in files.PHOTOS.glob("*.jpg"))
        )
        with tqdm(total=2 * count, desc="Photographs", unit="", disable=quiet or None) as bar:
            if is_second:
                images = loader.load_pictures(on_done=lambda _image: bar.update())
            else:
                images = photographs.load_images(on_done=lambda _image: bar.update())
                photographs.load_pictures(images)
                photographs.load_pictures_of_rooms(images)
            if render:
                photographs.render_images(images, on_done=lambda _image: bar.update())
        return images

    def _report(self, created: list[accounts.NewAccount]) -> None:
        if not created:
            self.stdout.write("The demo shop is loaded; its accounts already exist.")
            return
        rows = [f"  {row.role:<13}{row.email:<34}{row.password}" for row in created]
        if self.stdout.isatty():
            self.stdout.write("\nThe demo shop is loaded. These passwords are shown once:\n")
            self.stdout.write("\n".join([*rows, ""]))
        else:  # Output to a log may be read by others.
            path = write_accounts(rows)
            self.stdout.write(
                f"The demo shop is loaded; the passwords of its accounts are in {path}."
            )


def write_accounts(rows: Iterable[str]) -> Path:
    """Append lines to ``accounts.txt`` in VAR_DIR, readable by its owner only. Returns the path."""
    path = Path(settings.VAR_DIR, "accounts.txt")
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
        file.writelines(f"{row.strip()}\n" for row in rows)
    path.chmod(0o600)
    return path
