"""How something is sold: weight, quantities, orders without stock, content, barcode; in, out, undone."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.imports.details import is_barcode
from commerce.imports.exporting import plain_products, shopify_products
from commerce.imports.kinds.products import ProductKind
from commerce.imports.product_states import states_of
from commerce.imports.runs import finish, start_undo
from commerce.models import ImportRow, ProductDetails
from commerce.stock.selling import is_shipped, selling_of
from home.choosers.views import ProductChooseView
from tests.commerce.imports.files import as_csv
from tests.commerce.imports.test_export import assert_unchanged, csv_of, outcomes, run_file
from tests.factories import make_product, make_user, make_variants

pytestmark = pytest.mark.django_db
Product = get_model("catalogue", "Product")
GTIN, OTHER = "4006381333931", "96385074"
COLUMNS = (
    "product", "sku", "title", "price", "option:Size", "weight_g", "length_mm", "width_mm", "height_mm",
    "shipped", "content", "min_quantity", "step_quantity", "max_quantity", "without_stock",
    "available_from", "barcode",
)  # fmt: skip


def plain(*rows):
    return as_csv(COLUMNS, [{"title": row["sku"], "price": "5.00", **row} for row in rows])


def facts(sku):
    """What holds for a SKU, without what is empty."""
    found = selling_of(Product.objects.get(stockrecords__partner_sku=sku))
    return {name: value for name, value in vars(found).items() if value not in (None, "")}


def problems(run):
    return {
        row.line: tuple(row.problems[0][1:]) for row in run.rows.filter(outcome="refused")
    }  # fmt: skip


def remarks(run):
    return {row.line: [remark[2] for remark in row.remarks] for row in run.rows.exclude(remarks=[])}


EVERYTHING = {
    "sku": "OIL", "weight_g": "1,250", "length_mm": "90", "width_mm": "80", "height_mm": "310", "shipped": "0",
    "content": "0.75 l", "min_quantity": "6", "step_quantity": "3", "max_quantity": "24",
    "without_stock": "preorder", "available_from": "2037-03-01", "barcode": "4006381 333931",
}  # fmt: skip


def test_plain_columns(shop):
    run = run_file(plain(EVERYTHING))

    assert outcomes(run) == {"OIL": "new"}
    assert facts("OIL") == {
        "weight": 1250, "length": 90, "width": 80, "height": 310, "is_shipped": False,
        "content": Decimal("0.750"), "content_unit": "l", "min_quantity": 6, "step_quantity": 3,
        "max_quantity": 24, "later": "preorder", "available_from": date(2037, 3, 1),
    }  # fmt: skip
    assert Product.objects.get().upc == GTIN
    assert set(outcomes(run_file(plain(EVERYTHING))).values()) == {"unchanged"}


def test_empty_cells_change_nothing_and_changes_are_undone(shop):
    run_file(plain(EVERYTHING))
    before = states_of(Product.objects.values_list("pk", flat=True))
    assert_unchanged(run_file(plain({"sku": "OIL"})), before)

    change = {"weight_g": "900", "content": "500 ml", "without_stock": "backorder", "barcode": OTHER,
              "max_quantity": "30", "shipped": "yes"}  # fmt: skip
    run = run_file(plain({"sku": "OIL", **change}))
    assert facts("OIL") == {
        "weight": 900, "length": 90, "width": 80, "height": 310, "is_shipped": True,
        "content": Decimal("500.000"), "content_unit": "ml", "min_quantity": 6, "step_quantity": 3,
        "max_quantity": 30, "later": "backorder", "available_from": date(2037, 3, 1),
    }  # fmt: skip
    assert Product.objects.get().upc == OTHER
    start_undo(run.pk)
    assert finish(run.pk).state == "undone"

    after = states_of(before)
    assert {pk: one.state for pk, one in after.items()} == {
        pk: one.state for pk, one in before.items()
    }


def test_details_that_an_import_made_go_with_its_undo(shop):
    run_file(plain({"sku": "OIL"}))
    assert not ProductDetails.objects.exists()
    run = run_file(plain(EVERYTHING))
    assert ProductDetails.objects.count() == 1

    start_undo(run.pk)
    finish(run.pk)

    assert not ProductDetails.objects.exists()
    assert Product.objects.get().upc == "OIL"


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"weight_g": "-5"}, "weight_g", "“-5” is below 0."),
        ({"weight_g": "0.2"}, "weight_g", "“0.2” is not a whole number."),
        ({"weight_g": "heavy"}, "weight_g", "“heavy” is not a number."),
        ({"weight_g": "9999999999"}, "weight_g", "“9999999999” is too large."),
        ({"step_quantity": "0"}, "step_quantity", "“0” is not a whole number from 1."),
        ({"min_quantity": "1.5"}, "min_quantity", "“1.5” is not a whole number from 1."),
        ({"min_quantity": "5", "max_quantity": "3"}, "max_quantity",
         "At most 3 may be ordered, but the smallest order is 5."),
        ({"step_quantity": "4", "max_quantity": "3"}, "max_quantity",
         "At most 3 may be ordered, but the smallest order is 4."),
        ({"without_stock": "maybe"}, "without_stock",
         "“maybe” is none of: no, backorder, preorder."),
        ({"without_stock": "preorder"}, "without_stock",
         "A pre-order needs the date from which it is sent."),
        ({"available_from": "soon"}, "available_from", "“soon” is not a date such as 2026-12-24."),
        ({"content": "750"}, "content", "“750” is not an amount such as 750 ml."),
        ({"content": "0 ml"}, "content", "“0 ml” is not a possible amount."),
        ({"shipped": "perhaps"}, "shipped", "“perhaps” is neither yes nor no."),
    ],
)  # fmt: skip
def test_wrong_values_are_refused(shop, cells, column, reason):
    run = run_file(plain({"sku": "A", **cells}, {"sku": "B"}), decimal=".")

    found = problems(run)
    assert found.keys() == {2}
    assert found[2][0] == column
    assert found[2][1].startswith(reason)
    assert Product.objects.get().title == "B"


def test_limit_is_compared_with_what_the_shop_has(shop):
    run_file(plain({"sku": "A", "min_quantity": "6"}))

    run = run_file(plain({"sku": "A", "max_quantity": "5"}))

    assert problems(run) == {
        2: ("max_quantity", "At most 5 may be ordered, but the smallest order is 6.")
    }


def test_variant_says_only_what_its_product_does_not(shop):
    parent = make_variants("Oil", {"Size": ["S", "M"]})
    small, medium = (
        child.stockrecords.get().partner_sku for child in parent.children.order_by("pk")
    )
    ProductDetails.objects.create(product=parent, weight=500, later="preorder",
                                  available_from=date(2037, 1, 1))  # fmt: skip
    rows = [
        {"product": parent.slug, "sku": small, "title": "Oil", "option:Size": "S", "weight_g": "500",
         "shipped": "1", "without_stock": "preorder", "available_from": "2037-01-01"},
        {"product": parent.slug, "sku": medium, "title": "Oil", "option:Size": "M", "weight_g": "650",
         "without_stock": "no"},
    ]  # fmt: skip

    run_file(plain(*rows))

    rows = ProductDetails.objects.exclude(product=parent).values_list(
        "product__stockrecords__partner_sku", "weight", "later", "available_from", "is_shipped"
    )
    assert list(rows) == [(medium, 650, "no", None, None)]
    assert facts(small) == {"weight": 500, "later": "preorder", "available_from": date(2037, 1, 1)}


def test_exports_come_back_unchanged(shop):
    run_file(plain(EVERYTHING, {"sku": "SOAP", "content": "100 g", "without_stock": "backorder"}))
    parent = make_variants("Candle", {"Size": ["S", "M"]})
    ProductDetails.objects.create(product=parent, weight=500, content="20", content_unit="ml")
    child = parent.children.first()
    ProductDetails.objects.create(product=child, later="backorder", max_quantity=3, width=0)
    # A code that is no barcode is nobody's business.
    Product.objects.filter(pk=child.pk).update(upc="an old code")
    before = states_of(Product.objects.filter(parent=None).values_list("pk", flat=True))

    assert_unchanged(run_file(csv_of(plain_products())), before)
    run = run_file(csv_of(shopify_products()), profile="shopify", redirects=False)
    assert_unchanged(run, before)


def test_exports_make_the_same_in_an_empty_shop(shop):
    run_file(plain(EVERYTHING))
    before, files = facts("OIL"), (csv_of(plain_products()), csv_of(shopify_products()))
    Product.objects.all().delete()
    run_file(files[0])
    assert (facts("OIL"), Product.objects.get().upc) == (before, GTIN)
    Product.objects.all().delete()
    run_file(files[1], profile="shopify")

    assert facts("OIL") == {
        "weight": 1250, "is_shipped": False, "content": Decimal("0.750"), "content_unit": "l",
        "later": "backorder",
    }  # fmt: skip
    assert Product.objects.get().upc == GTIN


def test_barcode_of_another_product_is_left_out(shop):
    mug = make_product("Mug", price="5.00")
    Product.objects.filter(pk=mug.pk).update(upc=GTIN)
    rows = [
        {"sku": "A", "barcode": GTIN}, {"sku": "B", "barcode": OTHER}, {"sku": "C", "barcode": OTHER},
        {"sku": "D", "barcode": "4.00638E+12"}, {"sku": "E", "barcode": "E"},
        {"sku": "F", "barcode": "4006381333932"}, {"sku": "G"},
    ]  # fmt: skip
    run = run_file(plain(*rows))

    assert remarks(run) == {
        2: ["Imported without the barcode: another product has it."],
        4: ["Imported without the barcode: row 3 has it, too."],
        5: ["Imported without the barcode: “4.00638E+12” is not a GTIN, UPC, EAN or ISBN."],
        6: ["Imported without the barcode: “E” is not a GTIN, UPC, EAN or ISBN."],
        7: ["Imported without the barcode: “4006381333932” is not a GTIN, UPC, EAN or ISBN."],
    }
    codes = dict(Product.objects.exclude(pk=mug.pk).values_list("title", "upc"))
    assert codes == {"A": "A", "B": OTHER, "C": "C", "D": "D", "E": "E", "F": "F", "G": "G"}
    again = run_file(plain(*rows))
    assert set(outcomes(again).values()) == {"unchanged"}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (GTIN, True), (OTHER, True), ("036000291452", True), ("00012345600012", True),
        ("080442957X", True), ("0804429570", False), ("4006381333930", False), ("", False),
        ("١٢٣٤٥٦٧٠", False), ("12345", False),
    ],
)  # fmt: skip
def test_check_digits(text, is_one):
    assert is_barcode(text) is is_one


SHOPIFY = (
    "Handle", "Title", "Variant SKU", "Variant Price", "Variant Grams", "Variant Weight Unit",
    "Variant Inventory Policy", "Variant Requires Shipping", "Variant Barcode",
    "Unit Price Total Measure", "Unit Price Total Measure Unit",
)  # fmt: skip


def test_shopify_columns(shop):
    def row(sku, *cells):
        return dict(zip(SHOPIFY, (sku, sku, sku, "5.00", *cells), strict=False))

    content = as_csv(SHOPIFY, [
        row("A", "453.59237", "lb", "continue", "true", f"'{GTIN}", "75", "cl"),
        row("B", "0", "kg", "deny", "false", "", "", ""),
        row("C", "-1", "g", "deny", "true"),
        row("D", "10", "g", "maybe", "true"),
        row("E", "10", "g", "deny", "true", "", "12", "fl_oz"),
    ])  # fmt: skip
    run = run_file(content, profile="shopify")

    assert facts("A") == {
        "weight": 454, "later": "backorder", "content": Decimal("750.000"), "content_unit": "ml"
    }  # fmt: skip
    assert facts("B") == {"is_shipped": False}
    assert facts("E") == {"weight": 10}
    assert Product.objects.get(title="A").upc == GTIN
    assert problems(run) == {
        4: ("Variant Grams", "“-1” is below 0."),
        5: ("Variant Inventory Policy", "“maybe” is none of: deny, continue."),
    }
    assert remarks(run) == {6: ["Imported without the content: its unit “fl_oz” is not used here."]}
    assert run.ignored_columns == []


def test_preorder_stays_if_the_file_only_says_that_it_may_be_ordered(shop):
    run_file(plain({"sku": "A", "without_stock": "preorder", "available_from": "2037-01-01"}))
    cells = {
        "Handle": "a",
        "Title": "A",
        "Variant SKU": "A",
        "Variant Inventory Policy": "continue",
    }

    run = run_file(as_csv(SHOPIFY, [cells]), profile="shopify", redirects=False)

    assert set(outcomes(run).values()) == {"unchanged"}
    cells["Variant Inventory Policy"] = "deny"
    run_file(as_csv(SHOPIFY, [cells]), profile="shopify", redirects=False)
    assert facts("A") == {"later": "no"}


WOO = (
    "ID", "Type", "SKU", "Name", "Regular price", "Stock", "Backorders allowed?",
    "Sold individually?", "Weight (kg)", "Length (cm)", "Width (in)", "Height (cm)",
    "GTIN, UPC, EAN, or ISBN",
)  # fmt: skip


def test_woocommerce_columns(shop):
    def row(sku, kind, *cells):
        return dict(zip(WOO, ("", kind, sku, sku, "9,50", "3", *cells), strict=False))

    content = as_csv(WOO, [
        row("A", "simple", "notify", "1", "0.2", "12,5", "2", "30", GTIN),
        row("B", "simple, virtual", "0", "0", "", "", "", "", ""),
        row("C", "simple, downloadable", "1"),
        row("D", "simple", "maybe"),
        row("E", "simple", "0", "0", "-0.5"),
    ])  # fmt: skip
    run = run_file(content, profile="woocommerce")

    assert facts("A") == {
        "weight": 200, "length": 125, "width": 51, "height": 300, "max_quantity": 1,
        "later": "backorder",
    }  # fmt: skip
    assert facts("B") == {"is_shipped": False}
    assert facts("C") == {"is_shipped": False, "later": "backorder"}
    assert is_shipped(Product.objects.get(title="A"))
    assert Product.objects.get(title="A").upc == GTIN
    assert problems(run) == {
        5: ("Backorders allowed?", "“maybe” is none of: 0, no, 1, yes, notify."),
        6: ("Weight (kg)", "“-0.5” is below 0."),
    }


def test_import_of_an_earlier_release_is_undone(shop):
    """Its rows know nothing about details and barcodes."""
    run_file(plain({"sku": "A", "weight_g": "5", "barcode": GTIN}))
    run = run_file(plain({"sku": "A", "price": "6.00"}))
    row = run.rows.get()
    for state in (row.before, row.after):
        del state["details"]
        for variant in state["variants"].values():
            del variant["details"], variant["barcode"]
    ImportRow.objects.filter(pk=row.pk).update(before=row.before, after=row.after)

    start_undo(run.pk)
    finish(run.pk)

    assert run.rows.get().step == "undone"
    record = get_model("partner", "StockRecord").objects.get()
    assert (record.price, record.product.upc, facts("A")) == (Decimal("5.00"), GTIN, {"weight": 5})


@pytest.mark.parametrize("changed", [False, True])
def test_writing_details_takes_a_constant_number_of_queries(shop, monkeypatch, changed):
    counts, write = [], ProductKind.write

    def counted(self, plans):
        with CaptureQueriesContext(connection) as queries:
            write(self, plans)
        names = ("productdetails", "upc")
        counts.append(
            sum(any(name in one["sql"] for name in names) and "SELECT" not in one["sql"][:6]
                for one in queries)
        )  # fmt: skip

    from commerce.imports import processing

    monkeypatch.setattr(processing, "FIRST", 100)
    monkeypatch.setattr(ProductKind, "write", counted)
    for count in (3, 30):
        rows = [{"sku": f"S{count}-{n}", "weight_g": "5"} for n in range(count)]
        if changed:
            run_file(plain(*rows))
            counts.pop()
        run_file(plain(*({**row, "weight_g": "7"} for row in rows)))

    assert counts[0] == counts[1] > 0


def test_staff_find_products_by_sku_although_their_code_is_a_barcode(client, shop):
    run_file(plain({"sku": "OIL", "barcode": GTIN}, {"sku": "OIL-2"}, {"sku": "SOAP"}))
    parent = make_variants("Candle", {"Size": ["S", "M"]})
    child = parent.children.first()
    Product.objects.filter(pk=child.pk).update(upc=OTHER)
    client.force_login(make_user("root@example.com", is_staff=True, is_superuser=True))

    def found(code):
        page = client.get(reverse("dashboard:catalogue-product-list"), {"upc": code})
        return {str(row.record.title) for row in page.context["products"].page.object_list}

    assert found("OIL") == found("oil") == found(GTIN) == {"OIL"}
    assert found(child.stockrecords.get().partner_sku) == found(OTHER) == {"Candle"}
    assert found("OIL-2") == {"OIL-2"}
    chooser = ProductChooseView.filter_form_class({"q": "OIL"})
    assert chooser.is_valid()
    assert {p.title for p in chooser.filter(Product.objects.all())} == {"OIL", "OIL-2"}


def test_date_without_an_order_ahead_is_left_out(shop):
    run = run_file(plain({"sku": "A", "available_from": "2037-01-01"}))

    assert remarks(run) == {2: ["Not imported: the date belongs to a pre-order or a back-order."]}
    assert facts("A") == {}
