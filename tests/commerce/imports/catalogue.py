"""What the shop sells of an import, to be compared with what the file says."""

from oscar.core.loading import get_model
from wagtail.contrib.redirects.models import Redirect

from commerce.index.listings import product_url
from commerce.models import SalePrice


def catalogue(title=""):
    """The products whose titles begin so, as the dict of a ``Wanted``."""
    Product = get_model("catalogue", "Product")
    products = {
        product.pk: product
        for product in Product.objects.filter(parent=None, title__startswith=title)
    }
    children = Product.objects.filter(parent__in=products).values_list("pk", flat=True)
    records = {
        record.partner_sku: record
        for record in get_model("partner", "StockRecord").objects.filter(
            product__in=[*products, *children]
        )
    }
    skus = {record.product_id: sku for sku, record in records.items()}
    sales = SalePrice.objects.filter(stockrecord__product__in=skus)
    return {
        "prices": {sku: str(record.price) for sku, record in records.items()},
        "stock": {sku: record.num_in_stock for sku, record in records.items()},
        "sales": {
            sku: str(price) for sku, price in sales.values_list("stockrecord__partner_sku", "price")
        },
        "options": _options(skus),
        "titles": sorted(product.title for product in products.values()),
        "pictures": _pictures(products),
        "redirects": _redirects(products),
    }


def _options(skus):
    found = {}
    values = get_model("catalogue", "ProductAttributeValue").objects.filter(product__in=skus)
    for product, name, label in values.exclude(value_option=None).values_list(
        "product_id", "attribute__name", "value_option__option"
    ):
        found.setdefault(skus[product], {})[name] = label
    return found


def _pictures(products):
    found = {product.slug: [] for product in products.values()}
    images = get_model("catalogue", "ProductImage").objects.filter(product__in=products)
    for product, source in images.order_by("display_order").values_list(
        "product_id", "import_source__source"
    ):
        found[products[product].slug].append(source)
    return found


def _redirects(products):
    """The old paths, with the slugs of the products to whose pages they lead."""
    pages = {product_url(pk, product.slug): product.slug for pk, product in products.items()}
    links = Redirect.objects.values_list("old_path", "redirect_link")
    return {path: pages[link] for path, link in links if link in pages}
