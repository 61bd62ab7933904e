"""Loads the demo's catalogue: countries, delivery, categories, products with variants, stock."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.timezone import now
from oscar.core.loading import get_model

from commerce.models import (
    DeliveryMethod,
    FacetAttribute,
    OptionValueDisplay,
    SearchSynonym,
    VariantOption,
)
from commerce.stock.low_stock import update_low_stock_alerts
from demo import files

Country = get_model("address", "Country")
Category = get_model("catalogue", "Category")
Product = get_model("catalogue", "Product")
ProductAttribute = get_model("catalogue", "ProductAttribute")
ProductAttributeValue = get_model("catalogue", "ProductAttributeValue")
ProductCategory = get_model("catalogue", "ProductCategory")
ProductClass = get_model("catalogue", "ProductClass")
ProductRecommendation = get_model("catalogue", "ProductRecommendation")
AttributeOption = get_model("catalogue", "AttributeOption")
AttributeOptionGroup = get_model("catalogue", "AttributeOptionGroup")
Partner = get_model("partner", "Partner")
StockRecord = get_model("partner", "StockRecord")

PARTNER = "Saltmarsh studio"
PRODUCT_CLASS = "Stoneware"
#: Stock at which the dashboard shows a low-stock alert.
LOW_STOCK_THRESHOLD = 5

#: Attributes in the order of the product page: key in forms.toml, name, type in Oscar.
ATTRIBUTES = (
    ("height", "Height (cm)", "float"),
    ("diameter", "Diameter (cm)", "float"),
    ("capacity", "Capacity (ml)", "integer"),
    ("weight", "Weight (g)", "integer"),
    ("dishwasher_safe", "Dishwasher safe", "boolean"),
    ("microwave_safe", "Microwave safe", "boolean"),
    ("oven_safe", "Oven safe to 220\N{NO-BREAK SPACE}°C", "boolean"),
    ("care", "Care", "text"),
)
#: Attributes that are facets, in their order.
FACETS = ("glaze", "dishwasher_safe", "oven_safe")
#: Attributes of a form unless forms.toml says otherwise.
ATTRIBUTE_DEFAULTS = {"dishwasher_safe": True, "microwave_safe": True, "oven_safe": False}


@transaction.atomic
def load_delivery(shop: dict[str, Any]) -> None:
    """Load the ``countries`` and ``delivery`` methods of a demo shop. Creates missing ones.

    A method has a ``price``, or ``rates``: pairs of the heaviest parcel in grams and its price.
    """
    for order, (code, (name, code3, number)) in enumerate(shop["countries"].items()):
        Country.objects.get_or_create(
            iso_3166_1_a2=code,
            defaults={
                "iso_3166_1_a3": code3,
                "iso_3166_1_numeric": number,
                "printable_name": name,
                "name": name,
                "display_order": 100 - order,
                "is_shipping_country": True,
            },
        )
    for position, row in enumerate(shop["delivery"]):
        rates = row.get("rates") or [(None, row["price"])]
        length, width, height = row.get("max_size", (None, None, None))
        method, is_new = DeliveryMethod.objects.get_or_create(
            code=row["code"],
            defaults={
                "name": row["name"],
                "description": row["description"],
                "price": Decimal(rates[0][1]),
                "rates": "\n".join(f"{most} {price}" for most, price in rates if most),
                "free_over": Decimal(row["free_over"]) if "free_over" in row else None,
                "max_length": length,
                "max_width": width,
                "max_height": height,
                "is_pickup": row.get("is_pickup", False),
                "is_digital": row.get("is_digital", False),
                "min_days": row["days"][0],
                "max_days": row["days"][1],
                "position": position,
            },
        )
        if is_new:
            method.countries.set(row["countries"])


@transaction.atomic
def load_categories() -> None:
    """Load the three levels of categories."""
    data = files.read("categories")
    shop = load_category(data, parent=None)
    for room in data["rooms"]:
        parent = load_category(room, parent=shop)
        for shelf in room["shelves"]:
            load_category(shelf, parent=parent)


def load_category(row: dict[str, Any], *, parent: Any, slug: str | None = None) -> Any:
    """The category of a row with ``code``, ``name`` and ``description``; created if missing.

    Its slug is ``slug``, by default made of the English name.
    """
    existing = Category.objects.filter(code=row["code"]).first()
    if existing is not None:
        return existing
    fields = {
        "code": row["code"],
        "name": row["name"],
        "slug": slug or slugify(row["name"].replace("&", "and")),
        "description": row["description"],
    }
    return parent.add_child(**fields) if parent else Category.add_root(**fields)


@transaction.atomic
def load_product_class() -> Any:
    """The product class with its attributes, and the glazes as an option group."""
    product_class, _is_new = ProductClass.objects.get_or_create(
        name=PRODUCT_CLASS, defaults={"requires_shipping": True, "track_stock": True}
    )
    group, _is_new = AttributeOptionGroup.objects.get_or_create(code="glazes", name="Glazes")
    for position, (code, (name, colour)) in enumerate(files.read("shop")["glazes"].items()):
        option, _is_new = AttributeOption.objects.get_or_create(
            code=code, defaults={"group": group, "option": name}
        )
        OptionValueDisplay.objects.update_or_create(
            value=option, defaults={"position": position, "colour": colour}
        )
    glaze, _is_new = ProductAttribute.objects.get_or_create(
        product_class=product_class,
        code="glaze",
        defaults={"name": "Glaze", "type": "option", "option_group": group},
    )
    VariantOption.objects.update_or_create(
        attribute=glaze,
        defaults={
            "control": VariantOption.Control.SWATCHES,
            "meaning": VariantOption.Meaning.COLOUR,
        },
    )
    for code, name, kind in ATTRIBUTES:
        ProductAttribute.objects.get_or_create(
            product_class=product_class, code=code, defaults={"name": name, "type": kind}
        )
    return product_class


@transaction.atomic
def load_products() -> None:
    """Load missing forms with their variants, attributes, categories and stock."""
    known = set(Product.objects.filter(upc__isnull=False).values_list("upc", flat=True))
    missing = [form for form in files.forms() if files.sku(form["code"]) not in known]
    if not missing:
        return
    product_class = load_product_class()
    parents = _create_parents(missing, product_class)
    children = _create_children(missing, parents)
    _place_in_categories(missing, parents)
    _set_attributes(missing, parents, children, product_class)
    _recommend(missing)
    _stock(missing, children)


def _create_parents(forms, product_class):
    rows = [
        Product(
            structure=Product.PARENT,
            upc=files.sku(form["code"]),
            title=form["title"],
            slug=slugify(form["title"]),
            description=_paragraphs(form["description"]),
            meta_description=form["description"].strip().splitlines()[0],
            product_class=product_class,
        )
        for form in forms
    ]
    Product.objects.bulk_create(rows)
    parents = _by_upc(rows)
    # Oscar gives all of them the same creation date; "newest first" needs different ones.
    for days, row in enumerate(rows):
        parents[row.upc].date_created = now() - timedelta(days=3 * days + 1)
    Product.objects.bulk_update(parents.values(), ["date_created"])
    return parents


def _create_children(forms, parents):
    rows = []
    for form in forms:
        for variant in form["variants"]:
            glaze = files.read("shop")["glazes"][variant["glaze"]][0].lower()
            title = f"{form['title']} in {glaze}"
            rows.append(
                Product(
                    structure=Product.CHILD,
                    parent=parents[files.sku(form["code"])],
                    upc=files.sku(form["code"], variant["glaze"]),
                    title=title,
                    slug=slugify(title),
                )
            )
    Product.objects.bulk_create(rows)
    return _by_upc(rows)


def _by_upc(rows):
    """Rows by UPC, queried because MySQL returns no keys from a bulk insert."""
    upcs = [row.upc for row in rows]
    return {product.upc: product for product in Product.objects.filter(upc__in=upcs)}


def _paragraphs(text):
    return "".join(f"<p>{line}</p>" for line in text.strip().splitlines())


def _place_in_categories(forms, parents):
    categories = dict(Category.objects.values_list("code", "pk"))
    ProductCategory.objects.bulk_create(
        ProductCategory(
            product=parents[files.sku(form["code"])], category_id=categories[form["category"]]
        )
        for form in forms
    )


@transaction.atomic
def load_facets() -> None:
    """Load the facets of the demo's lists."""
    attributes = {row.code: row for row in ProductAttribute.objects.filter(code__in=FACETS)}
    for position, code in enumerate(FACETS):
        FacetAttribute.objects.get_or_create(
            attribute=attributes[code], defaults={"position": position}
        )


#: Synonyms of the glazes and of some forms.
SYNONYMS = (
    "blue, slate", "green, marsh", "white, chalk", "black, ink", "pink, blush", "orange, red, ember",
    "beige, cream, oat, oatmeal", "cup, mug, beaker", "candlestick, candle holder",
    "gift, present", "planter, pot",
)  # fmt: skip


def load_synonyms() -> None:
    """Load search synonyms, unless staff have entered any."""
    if not SearchSynonym.objects.exists():
        SearchSynonym.objects.bulk_create(SearchSynonym(words=words) for words in SYNONYMS)


def _set_attributes(forms, parents, children, product_class):
    attributes = {
        row.code: row for row in ProductAttribute.objects.filter(product_class=product_class)
    }
    options = dict(AttributeOption.objects.values_list("code", "pk"))
    rows = []
    for form in forms:
        values = ATTRIBUTE_DEFAULTS | form
        for code, _name, kind in ATTRIBUTES:
            if code in values:
                rows.append(
                    ProductAttributeValue(
                        product=parents[files.sku(form["code"])],
                        attribute=attributes[code],
                        **{f"value_{kind}": values[code]},
                    )
                )
        rows.extend(
            ProductAttributeValue(
                product=children[files.sku(form["code"], variant["glaze"])],
                attribute=attributes["glaze"],
                value_option_id=options[variant["glaze"]],
            )
            for variant in form["variants"]
        )
    ProductAttributeValue.objects.bulk_create(rows)


def _recommend(forms):
    ids = dict(Product.objects.filter(structure=Product.PARENT).values_list("upc", "pk"))
    ProductRecommendation.objects.bulk_create(
        ProductRecommendation(
            primary_id=ids[files.sku(form["code"])],
            recommendation_id=ids[files.sku(code)],
            ranking=100 - place,
        )
        for form in forms
        for place, code in enumerate(form["goes_with"])
    )


def _stock(forms, children):
    partner, _is_new = Partner.objects.get_or_create(name=PARTNER)
    rows = []
    for form in forms:
        for variant in form["variants"]:
            code = files.sku(form["code"], variant["glaze"])
            rows.append(
                StockRecord(
                    product=children[code],
                    partner=partner,
                    partner_sku=code,
                    price_currency="GBP",
                    price=Decimal(variant.get("price", form["price"])),
                    num_in_stock=variant["stock"],
                    num_allocated=0,
                    low_stock_threshold=LOW_STOCK_THRESHOLD,
                )
            )
    StockRecord.objects.bulk_create(rows)
    # A bulk insert sends no signal.
    skus = [row.partner_sku for row in rows]
    made = StockRecord.objects.filter(partner=partner, partner_sku__in=skus)
    update_low_stock_alerts(made.values_list("pk", flat=True))
