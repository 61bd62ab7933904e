"""WooCommerce's exports: products of the same name, shared stock, back-orders."""

import pytest
from oscar.core.loading import get_model
from wagtail.contrib.redirects.models import Redirect

from commerce.imports.runs import finish, start_undo
from commerce.index.listings import product_url
from commerce.stock.selling import selling_of
from tests.commerce.imports.files import as_csv
from tests.commerce.imports.test_export import outcomes, run_file

pytestmark = pytest.mark.django_db
Product = get_model("catalogue", "Product")
StockRecord = get_model("partner", "StockRecord")
COLUMNS = (
    "ID", "Type", "SKU", "Name", "Published", "In stock?", "Stock", "Backorders allowed?",
    "Regular price", "Parent", "Attribute 1 name", "Attribute 1 value(s)",
)  # fmt: skip


def woo(*rows, **options):
    top = {"Type": "simple", "Name": "Mug", "Published": "1", "Regular price": "5.00"}
    content = as_csv(COLUMNS, [{**top, **row} for row in rows])
    return run_file(content, profile="woocommerce", pictures="none", **options)


def candle(sku, *scents, **facts):
    """A variable product and its variations, which have the SKUs of their scents."""
    variation = {"Type": "variation", "Parent": sku, "Attribute 1 name": "Scent", "Name": "Candle"}
    return [
        {"Type": "variable", "SKU": sku, "Name": "Candle", "Attribute 1 name": "Scent",
         "Attribute 1 value(s)": ", ".join(scents)},
        *({**variation, "SKU": f"{sku}-{scent}", "Attribute 1 value(s)": scent, **facts}
          for scent in scents),
    ]  # fmt: skip


def problems(run):
    return {row.line: row.problems[0][2] for row in run.rows.filter(outcome="refused")}


def remarks(run):
    return {row.line: [remark[2] for remark in row.remarks] for row in run.rows.exclude(remarks=[])}


def test_products_of_one_name_stay_apart_in_any_batch(shop):
    rows = [
        {"SKU": "MUG-A"}, *candle("C1", "Fig", "Rose"),
        *({"SKU": f"OTHER-{n}", "Name": f"Other {n}"} for n in range(8)),
        {"SKU": "MUG-B"}, *candle("C2", "Sea", "Fig"),
    ]  # fmt: skip

    run = woo(*rows, policy="all")

    assert problems(run) == {}
    assert set(outcomes(run).values()) == {"new"}
    slugs = Product.objects.filter(parent=None, title__in=("Mug", "Candle"))
    assert sorted(slugs.values_list("upc", "slug")) == [
        ("C1", "candle"), ("C2", "candle-2"), ("MUG-A", "mug"), ("MUG-B", "mug-2"),
    ]  # fmt: skip
    children = Product.objects.exclude(parent=None).values_list("parent__upc", "upc")
    assert sorted(children) == [
        ("C1", "C1-Fig"), ("C1", "C1-Rose"), ("C2", "C2-Fig"), ("C2", "C2-Sea"),
    ]  # fmt: skip
    mug = Product.objects.get(upc="MUG-A")
    link = Redirect.objects.get(old_path="/product/mug").redirect_link
    assert link == product_url(mug.pk, mug.slug)
    again = woo(*rows)
    assert set(outcomes(again).values()) == {"unchanged"}
    assert remarks(again) == {}
    start_undo(run.pk)
    assert finish(run.pk).state == "undone"
    assert not Product.objects.exists()


def test_product_without_a_sku_is_not_merged_into_one_of_its_name(shop):
    others = [{"SKU": f"OTHER-{n}", "Name": f"Other {n}"} for n in range(8)]

    run = woo({"SKU": "MUG-A"}, *others, {"Regular price": "7.00"})

    assert problems(run) == {11: "Row 2 already has “mug”."}
    assert str(StockRecord.objects.get(partner_sku="MUG-A").price) == "5.00"


def test_plain_product_is_found_by_its_handle_only_before_the_run(shop):
    rows = [("mug-a", "A"), *((f"other-{n}", f"O{n}") for n in range(8)), ("Mug A", "B")]
    content = as_csv(
        ("product", "sku", "title", "price"),
        [{"product": name, "sku": sku, "title": sku, "price": "5.00"} for name, sku in rows],
    )

    run = run_file(content)

    assert problems(run) == {}
    assert Product.objects.get(upc="B").slug == "mug-a-2"


def selling(sku):
    record = StockRecord.objects.select_related("product").get(partner_sku=sku)
    return record.num_in_stock, selling_of(record.product).later


def test_variations_have_the_stock_that_their_product_counts(shop):
    rows = candle("C1", "Fig", "Rose", **{"In stock?": "1", "Stock": "parent"})
    rows[0] |= {"Stock": "7", "Backorders allowed?": "notify"}
    rows[2]["Stock"] = "3"

    run = woo(*rows)

    assert problems(run) == {}
    assert remarks(run)[2] == [
        "The file counts the stock of all variations together. Each one gets all of it."
    ]
    assert selling("C1-Fig") == (7, "backorder")
    assert selling("C1-Rose") == (3, "")
    assert set(outcomes(woo(*rows)).values()) == {"unchanged"}


def test_stock_that_the_product_does_not_count_is_what_staff_say(shop):
    woo(*candle("C1", "Fig", **{"In stock?": "1", "Stock": "parent"}), untracked_stock=50)

    assert selling("C1-Fig") == (50, "")


def test_products_on_back_order(shop):
    rows = [
        {"SKU": "A", "In stock?": "backorder", "Backorders allowed?": "0"},
        {"SKU": "B", "In stock?": "backorder", "Stock": "-2", "Backorders allowed?": "1"},
        {"SKU": "C", "In stock?": "soon"},
    ]  # fmt: skip

    run = woo(*rows, untracked_stock=50)

    assert selling("A") == selling("B") == (0, "backorder")
    assert problems(run) == {4: "“soon” is neither yes nor no."}
