"""Magento's export in tests/data: counts, prices, options, photographs, redirects and refusals."""

from datetime import datetime
from decimal import Decimal

import pytest
from django.utils import timezone
from oscar.core.loading import get_model
from wagtail.contrib.redirects.models import Redirect

from commerce.imports.profiles.magento import _moment, _pairs
from commerce.index.listings import product_url
from commerce.models import SalePrice, VariantOption
from commerce.stock.selling import is_shipped, selling_of
from tests.commerce.imports.files import DATA, archive_of, picture
from tests.commerce.imports.test_export import outcomes, run_file

pytestmark = pytest.mark.django_db
Product = get_model("catalogue", "Product")
StockRecord = get_model("partner", "StockRecord")
NAME = "magento_products.csv"
PHOTOGRAPHS = ("smock-na.jpg", "smock-ec.jpg", "smock-back.jpg", "bowl.jpg")


def imported(**options):
    archive = archive_of({f"s/m/{name}": picture(n) for n, name in enumerate(PHOTOGRAPHS)})
    content = (DATA / NAME).read_bytes()
    return run_file(content, name=NAME, profile="magento", archive=archive, **options)


@pytest.fixture
def run(shop):
    return imported()


def test_counts_and_refusals(run):
    assert {row.identity: tuple(row.problems[0]) for row in run.rows.filter(outcome="refused")} == {
        "SET": (12, "product_type", "Products of the type “grouped” cannot be imported."),
        "BOX": (13, "product_type", "Products of the type “bundle” cannot be imported."),
        "SHIRT": (14, "configurable_variations", "A variation is missing from the file."),
        "BALLOON": (15, "weight", "“-0.1” is below 0."),
        "LIMIT": (16, "max_cart_qty", "At most 3 may be ordered, but the smallest order is 5."),
        "DEAR": (17, "special_price", "A sale price must be below the price."),
    }
    public = dict(Product.objects.filter(parent=None).values_list("title", "is_public"))
    assert public == {
        "Fisher’s smock": True, "Müsli bowl “Größe 2” 🥣": True, "Workshop": True,
        "Apron pattern": False, "Spare loop": False,
    }  # fmt: skip
    assert Product.objects.count() == 9
    assert "meta_keywords" in run.ignored_columns
    assert "tax_class_name (tax)" in run.ignored_columns
    assert set(outcomes(imported()).values()) == {"unchanged", "refused"}


def test_prices_and_stock(run):
    rows = StockRecord.objects.values_list("partner_sku", "price", "num_in_stock")
    assert {sku: (str(price), stock) for sku, price, stock in rows} == {
        "SMOCK-NA-S": ("89.00", 4), "SMOCK-NA-XL": ("89.00", 4), "SMOCK-EC-S": ("89.00", 4),
        "SMOCK-EC-XL": ("89.00", 0), "BOWL": ("24.50", 31), "WORKSHOP": ("120.00", 8),
        "PATTERN": ("6.00", 999), "SPARE": ("3.00", 7),
    }  # fmt: skip
    sale = SalePrice.objects.get()
    assert (sale.stockrecord.partner_sku, sale.price) == ("SMOCK-EC-S", Decimal("69.50"))
    assert timezone.localtime(sale.start) == timezone.make_aware(datetime(2025, 12, 1))
    assert timezone.localtime(sale.until) == timezone.make_aware(datetime(2036, 12, 25))


def test_product_with_options(run):
    smock = Product.objects.get(upc="SMOCK")
    assert smock.description == (
        "<p>Heavy cotton drill, <strong>two pockets</strong> &amp; a loop.</p>"
    )
    assert (smock.meta_title, smock.product_class.name) == ("Fisher’s smock | Quay & Co", "Smock")
    assert {
        child.upc: {
            value.attribute.name: str(value.value_option) for value in child.attribute_values.all()
        }
        for child in smock.children.all()
    } == {
        "SMOCK-NA-S": {"Colour": "Navy", "Size": "S"},
        "SMOCK-NA-XL": {"Colour": "Navy", "Size": "XL, long"},
        "SMOCK-EC-S": {"Colour": "Écru", "Size": "S"},
        "SMOCK-EC-XL": {"Colour": "Écru", "Size": "XL, long"},
    }
    assert [child.upc for child in smock.children.filter(is_public=False)] == ["SMOCK-EC-XL"]
    options = VariantOption.objects.values_list("attribute__name", "meaning")
    assert sorted(options) == [("Colour", "color"), ("Size", "size")]
    own = {v.attribute.name: v.value_as_text for v in smock.attribute_values.all()}
    assert own == {"care": "Wash at 30°, dry flat", "material": "Cotton, linen"}
    assert sorted(c.full_name for c in smock.categories.all()) == ["Clothing > Outerwear", "Gifts"]
    bowl = Product.objects.get(upc="BOWL")
    assert [c.full_name for c in bowl.categories.all()] == ["Home > Müsli & Tea"]
    assert bowl.description == "Stoneware."


def test_how_things_are_sold(run):
    def facts(sku):
        product = Product.objects.get(stockrecords__partner_sku=sku)
        found = selling_of(product)
        return (
            found.weight, found.min_quantity, found.step_quantity, found.max_quantity, found.later,
            is_shipped(product),
        )  # fmt: skip

    assert facts("SMOCK-NA-S") == (620, None, None, None, "", True)
    assert facts("SMOCK-EC-XL") == (620, None, None, None, "backorder", True)
    assert facts("BOWL") == (1250, 2, 2, 8, "", True)
    assert facts("WORKSHOP") == (None, None, None, None, "", False)
    assert facts("PATTERN") == (None, None, None, None, "", False)


def test_photographs_and_redirects(run):
    smock = Product.objects.get(upc="SMOCK")
    images = smock.images.order_by("display_order")
    assert [
        (image.import_source.source, image.caption, [o.option for o in image.photo.options.all()])
        for image in images
    ] == [
        ("/s/m/smock-na.jpg", "Smock in navy", ["Navy"]),
        ("/s/m/smock-back.jpg", "The back", []),
        ("/s/m/smock-ec.jpg", "", ["Écru"]),
    ]
    paths = dict(Redirect.objects.values_list("old_path", "redirect_link"))
    products = {product.slug: product for product in Product.objects.filter(parent=None)}
    names = ("fishers-smock", "musli-bowl", "workshop", "apron-pattern", "spare-loop")
    assert paths == {
        f"/{name}.html": product_url(products[name].pk, products[name].slug) for name in names
    }


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("color=Red,size=M", {"color": "Red", "size": "M"}),
        ("care=Wash, dry flat,size=M", {"care": "Wash, dry flat", "size": "M"}),
        ('care="Wash, dry",size="2"" wide"', {"care": "Wash, dry", "size": '2" wide'}),
        ("formula=a=b", {"formula": "a=b"}),
        ("nothing", {}),
        ("", {}),
    ],
)
def test_pairs(text, pairs):
    assert _pairs(text) == pairs


def test_dates_of_exports():
    assert _moment("12/24/26, 2:05 PM") == timezone.make_aware(datetime(2026, 12, 24, 14, 5))
    assert _moment("1/2/26") == timezone.make_aware(datetime(2026, 1, 2))
    assert _moment("2026-01-02") == timezone.make_aware(datetime(2026, 1, 2))
    for text in ("24/12/26", "1/2/2026", "12/24/26 late"):
        with pytest.raises(ValueError, match="is not a date"):
            _moment(text)
