"""What the main pages cost: queries, and CPU as a multiple of an empty view in the same run."""

import time

from django.core.management.base import BaseCommand
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from commerce.listings import product_url, sellable_products

EMPTY = "/health/live"


class Command(BaseCommand):
    help = (
        "Print, for each main page, its queries and the CPU time of one request as a multiple of "
        "an empty view's. One process, warm, no server around it: compare runs of one machine only."
    )

    def add_arguments(self, parser):
        parser.add_argument("--rounds", type=int, default=30, help="requests for each page")

    def handle(self, *args, rounds, **options):
        client = Client(headers={"host": "localhost"})
        empty = self.cpu(client, EMPTY, rounds * 10)
        self.stdout.write(f"{'page':<42}{'queries':>8}{'CPU ms':>9}{'x empty':>9}")
        for path in [EMPTY, *self.paths()]:
            queries = self.queries(client, path)
            cpu = self.cpu(client, path, rounds)
            self.stdout.write(f"{path:<42}{queries:>8}{cpu * 1000:>9.2f}{cpu / empty:>9.1f}")

    def paths(self):
        """The pages to measure; the product is the first one of the list."""
        pk, slug = sellable_products().values_list("pk", "slug").order_by("pk").first()
        search = f"{reverse('search:search')}?q=mug"
        return ["/", reverse("catalogue:index"), product_url(pk, slug), search, "/basket/"]

    def queries(self, client, path):
        """Queries of one warm request."""
        self.get(client, path)
        with CaptureQueriesContext(connection) as captured:
            self.get(client, path)
        return len(captured)

    def cpu(self, client, path, rounds):
        """CPU seconds of one request, on average."""
        self.get(client, path)
        start = time.process_time()
        for _round in range(rounds):
            self.get(client, path)
        return (time.process_time() - start) / rounds

    @staticmethod
    def get(client, path):
        """One answer; anything but 200 would make the figure a lie."""
        response = client.get(path)
        if response.status_code != 200:
            raise RuntimeError(f"{path} answers {response.status_code}")
