"""Changes at the same moment: the lists say what the catalogue says afterwards."""

from decimal import Decimal

import pytest
from oscar.core.loading import get_model

from commerce.listing_refresh import broken_listings
from commerce.models import Listing
from tests.factories import make_product, stockrecord_of

pytestmark = pytest.mark.django_db(transaction=True)
Product = get_model("catalogue", "Product")
WORKERS = 8


def test_many_people_change_few_products(together, shop):
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

    make_product("First", price="1.00", glazes={"oat": 1})  # the kind and its attribute
    failures = [error for error in together(WORKERS, work) if error is not None]

    assert failures == []
    assert Listing.objects.count() == WORKERS + 1
    assert list(broken_listings()) == []


def test_many_people_change_the_variants_of_one_product(together, shop):
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
