"""Buyers shop while a file is imported: ``make load-import`` or ``python -m tools.load.imports``.

The shop runs as in production, with two web workers, a task worker and the scheduler, on SQLite or
with ``--mariadb`` on a MariaDB of its own. Exits with 1 if an order is lost, a request takes longer
than two seconds or fails, a log says that the database is locked, the import takes longer than three
minutes, or somebody waits longer than a second for SQLite's write lock while rows are imported.
"""

import argparse
import csv
import io
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.races.buyer import Buyer
from tests.site import SERVE, RunningSite, free_port, site_environment, wait_until_up
from tools.load.buyers import PREPARE, Piece, value_after
from tools.load.soak import database_url, mariadb

SLOWEST, IMPORTED_WITHIN, LONGEST_LOCK = 2.0, 180.0, 1.0
#: What no log may say: another writer had the database for too long.
LOCKED = re.compile(r"database is locked|Lock wait timeout|Deadlock found", re.IGNORECASE)
COLUMNS = (
    "product", "sku", "title", "description", "type", "price", "stock", "weight_g", "categories",
    "meta_title", "attribute:Maker",
)  # fmt: skip


def file_of(count):
    """A file of new products without variants, as CSV."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for n in range(count):
        writer.writerow([
            f"stock-item-{n}", f"ITEM{n:06}", f"Item {n} of the import", f"<p>Number <b>{n}</b>.</p>",
            "Import", f"{1 + n % 90}.95", n % 50, 100 + n % 900, f"Imported > Group {n % 20}",
            f"Item {n} | Shop", f"Maker {n % 30}",
        ])  # fmt: skip
    return file.getvalue().encode()


class Shoppers:
    """Buyers in threads, with what they were told and how long they waited."""

    def __init__(self, url, product, count):
        self.url, self.product = url, product
        self.is_over, self.lock = threading.Event(), threading.Lock()
        self.counts, self.times, self.failures = Counter(), [], []
        #: Intents that a browser saw succeed.
        self.paid = set()
        self.threads = [threading.Thread(target=self.shop, args=(n,)) for n in range(count)]

    def shop(self, number):
        """Buy again and again, each time as another visitor."""
        visits = 0
        while not self.is_over.is_set():
            visits += 1
            buyer = Buyer(self.url, f"{number}x{visits}")
            buyer.session.hooks["response"] = [self.note]
            try:
                self.visit(buyer)
            except Exception as error:  # noqa: BLE001  counted, and told
                self.failures.append(f"buyer: {error}")

    def note(self, response, **kwargs):
        with self.lock:
            path = urlsplit(response.url).path
            self.times.append((response.elapsed.total_seconds(), path))
            if response.status_code >= 500:
                self.failures.append(f"{response.status_code} {path}")

    def visit(self, buyer):
        for path in ("/", "/catalogue/", "/search/?q=item"):
            buyer.get(path)
        buyer.reach_payment(self.product)
        answer = buyer.pay()
        answer.raise_for_status()
        intent_id = answer.json()["client_secret"].split("_secret_")[0]
        buyer.confirm().raise_for_status()
        with self.lock:
            self.paid.add(intent_id)
            self.counts["orders"] += 1
        buyer.get("/checkout/return/")

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join(timeout=180)


class LockProbe(threading.Thread):
    """Asks for SQLite's write lock again and again, and notes how long it waits for it."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.longest, self.is_over = path, 0.0, threading.Event()

    def run(self):
        with closing(sqlite3.connect(self.path, timeout=0, isolation_level=None)) as connection:
            while not self.is_over.wait(0.02):
                began = time.monotonic()
                while not self._try(connection):
                    time.sleep(0.005)
                self.longest = max(self.longest, time.monotonic() - began)

    @staticmethod
    def _try(connection):
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.execute("ROLLBACK")
        return True


@contextmanager
def logged(site, log):
    """Serve a site, with everything that its processes say in a file."""
    command = [sys.executable, SERVE, "--port", str(urlsplit(site.url).port),
               "--workers", "2", "--threads", "2"]  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=site.environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            wait_until_up(site.url)
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


def import_file(count):
    """Check and import in the shop's worker; returns the seconds of both and the counts."""
    from commerce.imports.report import counts_of
    from commerce.imports.runs import create_run, start_check, start_import
    from commerce.models import ImportRun

    run = create_run(
        kind="products", profile="plain", file_name="many.csv", data=[file_of(count)], user=None,
        options={"pictures": "none", "decimal": "."},
    )  # fmt: skip

    def until(*states):
        began = time.monotonic()
        while ImportRun.objects.get(pk=run.pk).state not in (*states, "failed"):
            if time.monotonic() - began > 900:
                raise SystemExit("The import does not end.")
            time.sleep(0.2)
        return time.monotonic() - began

    start_check(run.pk)
    checked = until("checked")
    start_import(run.pk)
    return checked, until("done"), counts_of(run)


def run(folder, options):
    """Prepare a shop, import while buyers shop, and check it. Return the problems as sentences."""
    (folder / "var").mkdir(exist_ok=True)
    database = mariadb(folder) if options.mariadb else None
    url = f"http://127.0.0.1:{free_port()}"
    address = database_url(database.port) if database else ""
    environment = site_environment(folder, url, DATABASE_URL=address, LOG_LEVEL="INFO")
    os.environ.update(environment, DJANGO_SETTINGS_MODULE="site_project.settings")
    site = RunningSite(url, folder, environment)
    try:
        site.manage("migrate_if_needed")
        site.manage("load_demo", "--no-renditions")
        site.manage("collectstatic", "--noinput", "-v0")
        made = site.manage("shell", "-c", PREPARE.format(units=100_000))
        piece = Piece(*value_after("PIECE", made).split())
        import django

        django.setup()
        return measure(site, piece, folder / "serve.log", options)
    finally:
        if database:
            database.stop()


def measure(site, piece, log, options):
    shoppers = Shoppers(site.url, piece, options.buyers)
    probe = None if options.mariadb else LockProbe(site.folder / "var" / "db.sqlite3")
    with logged(site, log):
        for path in ("/", "/catalogue/", "/search/?q=item"):
            Buyer(site.url).get(path)  # the first request of a process takes long
        time.sleep(5)
        shoppers.start()
        if probe:
            probe.start()
        checked, imported, counts = import_file(options.rows)
        if probe:
            probe.is_over.set()
        shoppers.stop()
        site.manage("reconcile_payments")
        time.sleep(3)
    return report(site, shoppers, probe, log, (checked, imported, counts), options)


def report(site, shoppers, probe, log, outcome, options):
    """Print the figures, and return what is wrong as sentences."""
    from checkout_app.models import GatewayTransaction
    from commerce.orders.invariants import broken_invariants

    checked, imported, counts = outcome
    times = sorted(shoppers.times)
    text = log.read_text(encoding="utf-8", errors="replace")
    transactions = [float(s) for s in re.findall(r"longest transaction took ([\d.]+) s", text)]
    charged = GatewayTransaction.objects.filter(kind="charge")
    lost = shoppers.paid - set(charged.values_list("attempt__intent_id", flat=True))
    longest = f", longest wait for the write lock {probe.longest:.2f} s" if probe else ""
    print(
        f"{options.rows} rows: checked in {checked:.0f} s, imported in {imported:.0f} s; longest"
        f" transaction {max(transactions, default=0):.2f} s{longest}"
    )
    print(
        f"{shoppers.counts['orders']} orders, {len(times)} requests: p50"
        f" {times[len(times) // 2][0]:.2f} s, p95 {times[int(len(times) * 0.95)][0]:.2f} s, slowest"
        f" {times[-1][0]:.2f} s ({times[-1][1]})"
    )
    print("slowest: " + ", ".join(f"{seconds:.2f} s {path}" for seconds, path in times[:-9:-1]))
    return [
        *shoppers.failures[:5],
        *([f"{len(lost)} orders are lost"] if lost else []),
        *([f"new rows: {counts['new']}"] if counts["new"] != options.rows else []),
        *([f"a request took {times[-1][0]:.2f} s"] if times[-1][0] > SLOWEST else []),
        *([f"the import took {imported:.0f} s"] if imported > IMPORTED_WITHIN else []),
        *([f"waited {probe.longest:.2f} s"] if probe and probe.longest > LONGEST_LOCK else []),
        *(line for line in text.splitlines() if LOCKED.search(line)),
        *broken_invariants(),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--buyers", type=int, default=4)
    parser.add_argument("--mariadb", action="store_true", help="use a MariaDB of its own")
    parser.add_argument("--keep", type=Path, help="folder for the logs")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="load-import-"))
    folder.mkdir(parents=True, exist_ok=True)
    problems = run(folder, options)
    print("\n".join(problems) if problems else "Nothing was lost and all checks passed.")
    if not (problems or options.keep):
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
