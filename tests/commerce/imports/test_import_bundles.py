"""Imports of bundles and their parts: what follows from the parts, and what they cannot be."""

import pytest

from commerce.imports.exporting import plain_products
from commerce.imports.runs import finish, start_undo
from commerce.index.bundles import update_bundles
from commerce.models import BundlePart, ProductDetails
from commerce.stock.availability import units_available
from commerce.stock.selling import selling_of
from tests.commerce.imports.test_export import csv_of, outcomes, run_file
from tests.factories import make_product, stockrecord_of

pytestmark = pytest.mark.django_db
STOCK = "The stock of a bundle follows from its parts; the file’s is not imported."
NOT_POSSIBLE = "Partly imported: bundles and their parts are sent by post, and bundles are sold from stock only."


@pytest.fixture
def tea(shop):
    """A bundle with the SKU SET of one POT, of which five are in stock."""
    pot = make_product("Pot", price="60.00", stock=5)
    bundle = make_product("Tea set", price="75.00", stock=0)
    for product, sku in ((pot, "POT"), (bundle, "SET")):
        product.stockrecords.update(partner_sku=sku)
    BundlePart.objects.create(bundle=bundle, part=pot)
    update_bundles([bundle.pk])
    return bundle


@pytest.fixture
def run_here(django_capture_on_commit_callbacks):
    def run(content, **options):
        with django_capture_on_commit_callbacks(execute=True):
            return run_file(content, **options)

    return run


def remarks(run):
    return {row.identity: [one[2] for one in row.remarks] for row in run.rows.exclude(remarks=[])}


def test_bundle_is_never_sold_without_stock(tea, run_here):
    content = (
        b"product,sku,title,price,stock,without_stock,shipped\n"
        b"tea-set,SET,Tea set,70.00,99,backorder,0\n"
        b"pot,POT,Pot,60.00,5,backorder,0\n"
    )

    run = run_here(content)

    assert remarks(run) == {"tea-set": [STOCK, NOT_POSSIBLE], "pot": [NOT_POSSIBLE]}
    record = stockrecord_of(tea)
    assert (str(record.price), record.num_in_stock, units_available(record)) == ("70.00", 5, 5)
    assert not ProductDetails.objects.filter(product=tea).exists()
    pot = tea.bundle_parts.get().part
    assert (selling_of(pot).later, selling_of(pot).is_shipped) == ("backorder", None)
    again = run_here(content)
    assert set(outcomes(again).values()) == {"unchanged"}


def test_bundles_that_woocommerce_calls_virtual(tea, run_here):
    run = run_here(
        b"Type,SKU,Name,In stock?,Stock,Backorders allowed?,Regular price\n"
        b'"simple, virtual",SET,Tea set,1,7,1,75.00\n',
        profile="woocommerce", redirects=False, pictures="none",
    )  # fmt: skip

    assert remarks(run)["SET"] == [STOCK, NOT_POSSIBLE]
    assert units_available(stockrecord_of(tea)) == 5


def test_stock_file_leaves_bundles_to_their_parts(tea, run_here):
    content = b"sku,price,stock\nSET,70.00,99\nPOT,55.00,3\n"
    run = run_here(content, kind="stock")

    assert remarks(run) == {"SET": [STOCK]}
    assert (str(stockrecord_of(tea).price), stockrecord_of(tea).num_in_stock) == ("70.00", 3)
    assert set(outcomes(run_here(content, kind="stock")).values()) == {"unchanged"}
    start_undo(run.pk)
    assert finish(run.pk).state == "undone"

    assert set(run.rows.values_list("step", flat=True)) == {"undone"}
    assert str(stockrecord_of(tea).price) == "75.00"


def test_products_are_undone_though_parts_were_sold(tea, run_here):
    content = csv_of(plain_products()).replace(b"60.00", b"61.00").replace(b"75.00", b"76.00")
    run = run_here(content)
    assert list(outcomes(run).values()) == ["changed", "changed"]
    tea.stockrecords.update(num_in_stock=2)

    start_undo(run.pk)
    finish(run.pk)

    assert set(run.rows.values_list("step", flat=True)) == {"undone"}
    assert (str(stockrecord_of(tea).price), stockrecord_of(tea).num_in_stock) == ("75.00", 2)
