"""After simultaneous changes the lists match the catalogue."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from oscar.core.loading import get_model

from commerce.catalogue.product_lists import products_in
from commerce.index.refresh import broken_listings
from commerce.models import Listing
from tests.caching import PLACES, REDIS
from tests.factories import make_product, stockrecord_of
from tests.races.conftest import database_url
from tests.site import site_environment

pytestmark = pytest.mark.django_db(transaction=True)
Product = get_model("catalogue", "Product")
WORKERS = 8


def test_many_users_change_few_products(together, shop):
    pieces = [make_product(f"Cup {n}", price="20.00", stock=5) for n in range(3)]

    def work(index):
        product = Product.objects.get(pk=pieces[index % 3].pk)
        for step in range(3):
            product.title = f"Cup of {index} at {step}"
            product.save()
            record = stockrecord_of(product)
            record.price = Decimal(10 + index + step)
            record.save()

    failures = [error for error in together(WORKERS, work) if error is not None]

    assert failures == []
    assert list(broken_listings()) == []


def test_new_products_share_new_words(together, shop):
    def work(index):
        make_product(f"Aurora lantern {index}", price="20.00", glazes={"oat": 1})

    # creates the product class and its attribute
    make_product("First", price="1.00", glazes={"oat": 1})
    failures = [error for error in together(WORKERS, work) if error is not None]

    assert failures == []
    assert Listing.objects.count() == WORKERS + 1
    assert list(broken_listings()) == []


def test_many_users_change_the_variants_of_one_product(together, shop):
    glazes = ["oat", "slate", "marsh", "chalk", "ember", "ink", "blush", "plain"]
    cup = make_product("Cup", price="20.00", glazes=dict.fromkeys(glazes, 5))
    variants = list(cup.children.order_by("pk"))

    def work(index):
        for step in range(3):
            record = stockrecord_of(variants[index])
            record.num_in_stock = (index + step) % 2
            record.price = Decimal(20 + 10 * ((index + step) % 3))
            record.save()

    failures = [error for error in together(WORKERS, work) if error is not None]

    assert failures == []
    assert list(broken_listings()) == []


@pytest.mark.parametrize("place", PLACES)
def test_change_by_another_process_is_seen_by_the_next_request(
    shop, caching, settings, tmp_path, place
):
    caching(place)
    settings.PAGE_CACHE_FOLDER = tmp_path / "var" / "pages"
    make_product("Harbour mug", price="20.00")
    piece = make_product("Moon vase", price="20.00")
    assert (products_in(query="harbour").total, products_in(query="moon").total) == (1, 1)
    with CaptureQueriesContext(connection) as queries:
        products_in(query="harbour")
    assert not any("commerce_term" in query["sql"] for query in queries)

    rename = (
        "from oscar.core.loading import get_model;"
        f"row = get_model('catalogue', 'Product').objects.get(pk={piece.pk});"
        "row.title = 'Harbour vase'; row.save()"
    )
    manage(rename, tmp_path, REDIS_URL=REDIS if place == "redis" else "")

    assert (products_in(query="harbour").total, products_in(query="moon").total) == (2, 0)


def manage(code, folder, **extra):
    """Run code in its own process on the test database."""
    (folder / "var").mkdir(exist_ok=True)
    environment = site_environment(
        folder, "http://127.0.0.1:8000", DATABASE_URL=database_url(), **extra
    )
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", code],
        cwd=Path(__file__).parents[2], env=environment, check=True,
    )  # fmt: skip
