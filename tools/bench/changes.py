"""Change prices while pages are measured, in a separate process that is not measured itself.

Run as a module, it reads one product key per line, moves the price of that product up by a penny,
or down again the next time, and prints a line once the change is committed. At the end it restores
the prices.
"""

import os
import subprocess
import sys
from contextlib import contextmanager
from decimal import Decimal

from tools.bench.databases import ROOT

PENNY = Decimal("0.01")
DONE = "done"


@contextmanager
def changing(environment):
    """Yield a function that changes the price of a product on the site with that environment."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.bench.changes"],
        cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip

    def change(product_id):
        process.stdin.write(f"{product_id}\n")
        process.stdin.flush()
        if process.stdout.readline().strip() != DONE:
            raise RuntimeError(f"could not change the price of product {product_id}")

    try:
        yield change
    finally:
        process.stdin.close()
        process.wait(timeout=30)


def change_price(product_id, sign=1):
    """Change the price of the first stock record of a product or its variants, as the dashboard does."""
    from django.db.models import Q
    from oscar.core.loading import get_model

    records = get_model("partner", "StockRecord").objects
    mine = records.filter(Q(product=product_id) | Q(product__parent=product_id))
    record = mine.order_by("pk").first()
    record.price += sign * PENNY
    record.save()


def main():
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_project.settings")
    django.setup()
    raised = set()
    for line in sys.stdin:
        product_id = int(line)
        change_price(product_id, -1 if product_id in raised else 1)
        raised ^= {product_id}
        print(DONE, flush=True)
    for product_id in raised:
        change_price(product_id, -1)


if __name__ == "__main__":
    main()
