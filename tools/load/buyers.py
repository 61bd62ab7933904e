"""Hundreds of buyers compete for too few units: ``make load`` or ``python -m tools.load.buyers``.

Prints the number of paid orders, the speed, and the result of the invariant checks. Exits with 1 if
the number of units sold is wrong, a response has a 5xx status, or an invariant is broken.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from tests.races.buyer import Buyer
from tests.site import RunningSite, free_port, serving, site_environment

#: Creates the contested product and prints its key and URL.
PREPARE = """
from tests.factories import make_product
piece = make_product("Wanted cup", price="18.00", stock={units})
print("PIECE", piece.pk, piece.get_absolute_url())
"""
#: Prints the payment states of the orders for that product. The demo shop has other orders.
COUNT = """
from collections import Counter
from checkout_app.models import PaymentAttempt
from tests.factories import stockrecord_of
from oscar.core.loading import get_model
attempts = PaymentAttempt.objects.filter(order__lines__product={pk})
print("STATES", dict(Counter(attempts.values_list("state", flat=True))))
record = get_model("partner", "StockRecord").objects.get(product={pk})
print("STOCK", record.num_in_stock, record.num_allocated)
"""


class Piece:
    """The key and URL of a product, as far as a buyer needs them."""

    def __init__(self, pk, url):
        self.pk, self.url = int(pk), url

    def get_absolute_url(self):
        return self.url


class Crowd:
    """Buyers, each in a thread, with their responses and times."""

    def __init__(self, url, piece, count, *, at_once, paying):
        self.buyers = [Buyer(url, number) for number in range(count)]
        self.piece, self.gate = piece, threading.Semaphore(at_once)
        self.till = threading.Semaphore(paying or count)
        self.statuses, self.times, self.failures = Counter(), [], []
        #: When the last order was placed and paid.
        self.last_sold = 0.0
        self.lock = threading.Lock()

    def reach(self, buyer):
        """Go up to the "Pay" button, a few buyers at a time."""
        with self.gate:
            try:
                buyer.reach_payment(self.piece)
            except Exception as error:  # noqa: BLE001  counted, and told
                self.failures.append(f"before paying: {error}")

    def buy(self, buyer):
        """Press "Pay", confirm the card, and come back from the bank."""
        with self.till:
            self._buy(buyer)

    def _buy(self, buyer):
        began = time.monotonic()
        try:
            answer = buyer.pay()
            took = time.monotonic() - began
            if answer.status_code == 200:
                buyer.confirm().raise_for_status()
                buyer.get("/checkout/return/")
            with self.lock:
                self.statuses[answer.status_code] += 1
                if answer.status_code == 200:
                    self.last_sold = time.monotonic()
                self.times.append(took)
        except Exception as error:  # noqa: BLE001  counted, and told
            self.failures.append(f"while paying: {error}")

    def all_at_once(self, work):
        """Run ``work`` for every buyer in its own thread. Return the seconds from first to last."""
        threads = [threading.Thread(target=work, args=(buyer,)) for buyer in self.buyers]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.monotonic() - began


def value_after(word, text):
    """Return the rest of the line that begins with ``word``."""
    line = next(line for line in text.splitlines() if line.startswith(word))
    return line.removeprefix(word).strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--buyers", type=int, default=500)
    parser.add_argument("--units", type=int, default=100)
    parser.add_argument(
        "--clients", type=int, default=0, help="buyers who pay at the same time (default: all)"
    )
    parser.add_argument("--workers", default="4")
    parser.add_argument("--database-url", default=os.environ.get("LOAD_DATABASE_URL", ""))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        problems = run(Path(folder), options)
    print("\n".join(problems) if problems else "All checks passed.")
    sys.exit(bool(problems))


def run(folder, options):
    """Prepare a shop, let the buyers in, and check it. Return the problems as sentences."""
    url = f"http://127.0.0.1:{free_port()}"
    (folder / "var").mkdir()
    environment = site_environment(folder, url, DATABASE_URL=options.database_url)
    site = RunningSite(url, folder, environment)
    site.manage("migrate", "-v0")
    site.manage("load_demo", "--no-renditions")
    site.manage("collectstatic", "--noinput", "-v0")
    made = site.manage("shell", "-c", PREPARE.format(units=options.units))
    piece = Piece(*value_after("PIECE", made).split())
    with serving(site, "--workers", options.workers, "--threads", "2"):
        crowd = Crowd(url, piece, options.buyers, at_once=16, paying=options.clients)
        seconds = crowd.all_at_once(crowd.reach)
        print(f"{options.buyers} buyers reached the payment page in {seconds:.0f} s")
        began = time.monotonic()
        seconds = crowd.all_at_once(crowd.buy)
    times = sorted(crowd.times)
    sold = crowd.statuses[200]
    print(f"payment responses: {dict(crowd.statuses)}; failures: {len(crowd.failures)}")
    print(
        f"{sold} orders in {crowd.last_sold - began:.1f} s: {sold / (crowd.last_sold - began):.1f} a "
        f"second; {len(times)} responses in {seconds:.1f} s: {len(times) / seconds:.1f} a second, p50 {times[len(times) // 2]:.2f} s, "
        f"p95 {times[int(len(times) * 0.95)]:.2f} s"
    )
    site.manage("reconcile_payments")
    counted = site.manage("shell", "-c", COUNT.format(pk=piece.pk))
    states, stock = value_after("STATES", counted), value_after("STOCK", counted)
    print(f"attempts: {states}; stock and allocated: {stock}")
    invariants = site.manage("check_invariants")
    print(invariants.strip())
    return [
        *crowd.failures[:5],
        *([] if sold == options.units else [f"{sold} of {options.units} units were sold"]),
        *([f"5xx: {crowd.statuses}"] if any(code >= 500 for code in crowd.statuses) else []),
        *([] if f"'paid': {options.units}" in states else [f"paid: {states}"]),
    ]


if __name__ == "__main__":
    main()
