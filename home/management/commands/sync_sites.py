from typing import Any

from django.core.management.base import BaseCommand

from home.sites import sync_sites


class Command(BaseCommand):
    help = "Write SITE_URL and SITE_NAME into Django's and Wagtail's site records."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("Sites changed." if sync_sites() else "Sites are up to date.")
