"""Products without a price: the import says that they cannot be bought."""

import pytest

from tests.commerce.imports.files import as_csv
from tests.commerce.imports.test_export import outcomes, run_file
from tests.factories import make_product, stockrecord_of

pytestmark = pytest.mark.django_db
UNPRICED = "Without a price it cannot be bought."


def remarks(run):
    return {row.identity: [tuple(remark) for remark in row.remarks] for row in run.rows.all()}


@pytest.mark.parametrize(
    ("profile", "columns"),
    [
        ("plain", {"sku": "A", "title": "Cup", "price": ""}),
        ("shopify", {"Handle": "A", "Title": "Cup", "Variant SKU": "A", "Variant Price": ""}),
        ("woocommerce", {"Type": "simple", "SKU": "A", "Name": "Cup", "Regular price": ""}),
    ],
)
def test_new_product_without_a_price_has_a_remark(shop, profile, columns):
    run = run_file(as_csv(list(columns), [columns]), profile=profile)

    assert outcomes(run) == {"A": "new"}
    assert remarks(run) == {"A": [(2, list(columns)[-1], UNPRICED)]}


def test_file_without_prices_says_so_of_each_new_product(shop):
    rows = [{"sku": "A", "title": "Cup"}, {"sku": "B", "title": "Pot"}]

    run = run_file(as_csv(("sku", "title"), rows))

    assert remarks(run) == {"A": [(2, "", UNPRICED)], "B": [(3, "", UNPRICED)]}


def test_price_that_the_file_leaves_out_stays(shop):
    cup = make_product("Cup", price="8.00")
    sku = stockrecord_of(cup).partner_sku

    run = run_file(as_csv(("sku", "title", "price"), [{"sku": sku, "title": "Mug", "price": ""}]))

    assert remarks(run) == {sku: []}
