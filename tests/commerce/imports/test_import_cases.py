"""The exports in tests/data: each trap with its right answer. See tests/data/README.md."""

from datetime import datetime
from decimal import Decimal

import pytest
from django.utils import timezone
from oscar.core.loading import get_model
from wagtail.contrib.redirects.models import Redirect

from commerce.catalogue.product_detail import buy_box_for
from commerce.index.listings import product_url
from commerce.models import SalePrice, VariantOption
from tests.commerce.imports.files import DATA
from tests.commerce.imports.test_export import outcomes, run_file

pytestmark = pytest.mark.django_db
Product = get_model("catalogue", "Product")
StockRecord = get_model("partner", "StockRecord")
#: SKUs of the retailer that MariaDB takes for those of the rows before.
SAME_BUT_FOR_CASE = {"15056p": 8, "82494l": 704, "84884a": 767}


def imported(name, **options):
    options.setdefault("pictures", "none")
    return run_file((DATA / name).read_bytes(), name=name, **options)


def prices():
    rows = StockRecord.objects.values_list("partner_sku", "price", "num_in_stock")
    return {sku: (str(price), stock) for sku, price, stock in rows}


def problems(run):
    return {
        row.identity: tuple(row.problems[0])
        for row in run.rows.filter(outcome="refused")
    }  # fmt: skip


def test_shopify(shop):
    run = imported("shopify_products.csv", profile="shopify")

    assert problems(run) == {
        "gift-card": (10, "Gift Card", "Gift cards of another shop cannot be imported."),
        "old-lamp": (12, "Variant Price", "A price cannot be negative: -5."),
        "chart-print": (13, "SKU", "Row 2 already has “SMOCK-NA-S”."),
    }
    smock = Product.objects.get(slug="fisher-smock")
    assert smock.title == "Fisher’s smock"
    assert smock.description == (
        "<p>Heavy cotton drill, <strong>two pockets</strong> &amp; a loop.</p>\n"
        "<ul><li>Wash at 30°</li></ul>"
    )
    assert (smock.meta_title, smock.product_class.name) == ("Fisher’s smock | Quay & Co", "Smock")
    assert smock.attr.brand == "Quay & Co"
    assert [c.name for c in smock.categories.all()] == ["Outerwear"]
    assert smock.children.count() == 6
    options = VariantOption.objects.values_list("attribute__name", "position", "meaning")
    assert sorted(options) == [("Colour", 0, "color"), ("Size", 1, "size")]
    assert smock.children.get(upc="SMOCK-EC-L").title == "Fisher’s smock, Ecru, L"
    assert prices() == {
        "SMOCK-NA-S": ("89.00", 4), "SMOCK-NA-M": ("89.00", 0), "SMOCK-NA-L": ("89.00", 7),
        "SMOCK-EC-S": ("110.00", 4), "SMOCK-EC-M": ("110.00", 0), "SMOCK-EC-L": ("110.00", 7),
        "0012": ("6.50", 0),
    }  # fmt: skip
    sales = SalePrice.objects.values_list("stockrecord__partner_sku", "price")
    assert dict(sales) == dict.fromkeys(("SMOCK-EC-S", "SMOCK-EC-M", "SMOCK-EC-L"), Decimal(89))
    table = Product.objects.get(slug="tide-table-2027")
    assert table.is_standalone
    link = Redirect.objects.get(old_path="/products/tide-table-2027").redirect_link
    assert link == product_url(table.pk, table.slug)
    remarks = {remark[1] for row in run.rows.all() for remark in row.remarks}
    assert remarks == {"Variant Inventory Tracker"}
    assert {"Cost per item (cost)", "Variant Taxable (tax)"} <= set(run.ignored_columns)
    assert table.upc == "9780000000019"
    assert "Tags" in run.ignored_columns
    assert buy_box_for(table) is not None


def test_untracked_stock_is_what_staff_say(shop):
    imported("shopify_products.csv", profile="shopify", untracked_stock=50)

    assert prices()["0012"] == ("6.50", 50)
    assert prices()["SMOCK-NA-M"] == ("89.00", 0)


def test_photographs_of_shopify_are_shown_for_their_options(shop, monkeypatch, settings):
    from commerce.imports import pictures
    from tests.commerce.imports.files import picture

    def fetch_all(urls, *, most):
        return {url: picture(len(url) + ord(url[-5])) for url in urls}

    monkeypatch.setattr(pictures, "fetch_all", fetch_all)
    imported("shopify_products.csv", profile="shopify", pictures="web")

    smock = Product.objects.get(slug="fisher-smock")
    images = smock.images.order_by("display_order")
    assert [
        (image.import_source.source[-13:], image.caption,
         [option.option for option in image.photo.options.all()])
        for image in images
    ] == [
        ("e/smock-0.jpg", "Smock in navy", ["Navy"]),
        ("e/smock-3.jpg", "Smock in ecru", ["Ecru"]),
        ("mock-back.jpg", "Back", []),
    ]  # fmt: skip


def test_woocommerce(shop):
    run = imported("woocommerce_products.csv", profile="woocommerce")

    assert problems(run) == {
        "SET-1": (6, "Type", "Products of the type “grouped” cannot be imported."),
        "Mug without a number": (7, "Stock", "“abc” is not a number."),
    }
    candle = Product.objects.get(upc="CAND")
    assert candle.description == "<p>Burns clean.</p><p>Poured here.<br>Two sizes.</p>"
    paths = sorted(category.full_name for category in candle.categories.all())
    assert paths == ["Gifts", "Home > Light"]
    assert sorted(candle.children.values_list("upc", flat=True)) == ["CAND-F-40", "CAND-P-20"]
    assert prices() == {
        "CAND-P-20": ("12.00", 12), "CAND-F-40": ("19.00", 0), "PDF-1": ("1250.00", 0)
    }  # fmt: skip
    sale = SalePrice.objects.get()
    assert (sale.stockrecord.partner_sku, sale.price) == ("CAND-P-20", Decimal("9.50"))
    assert timezone.localtime(sale.start).date() == datetime(2026, 12, 1).date()
    assert timezone.localtime(sale.until) == timezone.make_aware(datetime(2026, 12, 25))
    pattern = Product.objects.get(upc="PDF-1")
    assert not pattern.is_public
    types = [remark[2] for remark in run.rows.get(identity="PDF-1").remarks if remark[1] == "Type"]
    assert types == ["Imported without the files to download."]


def test_product_without_a_sku_in_a_category_called_percent(shop):
    content = (DATA / "woocommerce_products.csv").read_text("utf-8-sig").replace("abc", "3")
    run = run_file(content.encode(), profile="woocommerce", pictures="none")

    mug = Product.objects.get(title="Mug without a number")
    assert mug.stockrecords.get().partner_sku == "MUG-WITHOUT-A-NUMBER"
    category = mug.categories.get()
    assert (category.name, category.slug) == ("%", "percent-sign")
    assert set(outcomes(run_file(content.encode(), profile="woocommerce", pictures="none")).values()) == {
        "unchanged", "refused",
    }  # fmt: skip
    assert run.state == "done"


def test_decimal_comma_is_refused_if_the_file_has_points(shop):
    run = imported("woocommerce_products.csv", profile="woocommerce", decimal=".")

    assert problems(run)["CAND"] == (
        3, "Regular price", "“12,00” is not a number with the decimal separator “.”."
    )  # fmt: skip
    assert not Product.objects.exists()


@pytest.mark.slow
def test_retail_catalogue(shop):
    run = imported("retail_products.csv")

    assert run.rows.count() == 900
    assert problems(run) == {
        sku: (line, "SKU", f"“{sku}” differs only in case from the SKU in row {line - 1}.")
        for sku, line in SAME_BUT_FOR_CASE.items()
    }
    assert run.rows.filter(outcome="new").count() == 897
    assert run.ignored_columns == ["sold"]
    record = StockRecord.objects.select_related("product").get(partner_sku="10124G")
    assert (record.product.title, str(record.price)) == ("ARMY CAMO BOOKCOVER TAPE", "0.42")
    again = imported("retail_products.csv")
    assert again.rows.filter(outcome="unchanged").count() == 897


@pytest.mark.parametrize(
    ("profile", "content"),
    [
        ("woocommerce", "Type,SKU,Name,Regular price,Sale price\nsimple,A,Cup,5.00,0\n"),
        ("magento", "sku,product_type,attribute_set_code,name,price,special_price\n"
                    "A,simple,Default,Cup,5.00,0.0000\n"),
    ],
)  # fmt: skip
def test_sale_price_of_0_needs_the_box(shop, profile, content):
    run = run_file(content.encode(), profile=profile, decimal=".")
    assert "Tick “Allow a price of 0”" in problems(run)["A"][2]

    run_file(content.encode(), profile=profile, decimal=".", may_be_free=True)

    assert SalePrice.objects.get().price == Decimal("0.00")
