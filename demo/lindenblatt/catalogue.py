"""Loads Lindenblatt's catalogue: categories, product types with options, products, stock."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.timezone import now
from oscar.core.loading import get_model

from commerce.index.bundles import update_bundles
from commerce.models import (
    BundlePart,
    FacetAttribute,
    OptionPrice,
    OptionValueDisplay,
    ProductDetails,
    ProductFile,
    ProductTypeTax,
    SearchSynonym,
    TaxClass,
    VariantOption,
)
from commerce.slugs import slug_of_name
from commerce.stock.low_stock import update_low_stock_alerts
from demo.catalogue import load_category
from demo.lindenblatt import goods
from demo.lindenblatt.ebooks import write_ebook

Category = get_model("catalogue", "Category")
Product = get_model("catalogue", "Product")
ProductAttribute = get_model("catalogue", "ProductAttribute")
ProductAttributeValue = get_model("catalogue", "ProductAttributeValue")
ProductCategory = get_model("catalogue", "ProductCategory")
ProductClass = get_model("catalogue", "ProductClass")
ProductRecommendation = get_model("catalogue", "ProductRecommendation")
AttributeOption = get_model("catalogue", "AttributeOption")
AttributeOptionGroup = get_model("catalogue", "AttributeOptionGroup")
Option = get_model("catalogue", "Option")
Partner = get_model("partner", "Partner")
StockRecord = get_model("partner", "StockRecord")

PARTNER = "Werkstatt Leipzig"
LOW_STOCK_THRESHOLD = 5
CURRENCY = "EUR"


@transaction.atomic
def load_categories() -> None:
    """Load the three levels of categories."""
    data = goods.read("categories")
    shop = _category(data, parent=None)
    for department in data["departments"]:
        parent = _category(department, parent=shop)
        for shelf in department["shelves"]:
            _category(shelf, parent=parent)


def _category(row: dict[str, Any], *, parent: Any) -> Any:
    # The engine shows the root under its own address.
    slug = slug_of_name(row["name"].replace("&", "und")) if parent else Category.WHOLE_SHOP
    return load_category(row, parent=parent, slug=slug)


@transaction.atomic
def load_product_types() -> dict[str, Any]:
    """The product types by code, with their options and attributes. Creates missing ones."""
    data, found = goods.read("products"), {}
    tax_classes = TaxClass.objects.in_bulk(field_name="code")
    groups = {code: _option_group(code, row) for code, row in data["options"].items()}
    for code, row in data["types"].items():
        product_type, _is_new = ProductClass.objects.get_or_create(
            name=row["name"],
            defaults={"requires_shipping": row["shipped"], "track_stock": row.get("tracked", True)},
        )
        if row["tax"] != "standard":
            ProductTypeTax.objects.get_or_create(
                product_class=product_type, defaults={"tax_class": tax_classes[row["tax"]]}
            )
        for position, option in enumerate(row["options"]):
            _declare_option(product_type, option, data["options"][option], groups[option], position)
        for attribute in row["attributes"]:
            ProductAttribute.objects.get_or_create(
                product_class=product_type,
                code=attribute["code"],
                defaults={"name": attribute["name"], "type": attribute["kind"]},
            )
        found[code] = product_type
    return found


def _option_group(code: str, row: dict[str, Any]) -> Any:
    group, _is_new = AttributeOptionGroup.objects.get_or_create(
        code=code, defaults={"name": row["name"]}
    )
    for position, (value, label) in enumerate(row["values"]):
        option, _is_new = AttributeOption.objects.get_or_create(
            code=f"{code}-{value}", defaults={"group": group, "option": label}
        )
        OptionValueDisplay.objects.get_or_create(
            value=option,
            defaults={"position": position, "colour": row.get("swatches", {}).get(value, "")},
        )
    return group


def _declare_option(
    product_type: Any, code: str, row: dict[str, Any], group: Any, position: int
) -> None:
    attribute, _is_new = ProductAttribute.objects.get_or_create(
        product_class=product_type,
        code=code,
        defaults={"name": row["name"], "type": "option", "option_group": group},
    )
    VariantOption.objects.get_or_create(
        attribute=attribute,
        defaults={"position": position, "control": row["control"], "meaning": row["meaning"]},
    )


@transaction.atomic
def load_products() -> None:
    """Load missing products with their variants, attributes, categories, details and stock."""
    known = set(Product.objects.filter(upc__isnull=False).values_list("upc", flat=True))
    missing = [row for row in goods.products() if row["code"].upper() not in known]
    if not missing:
        return
    types = load_product_types()
    parents = _create_parents(missing, types)
    variants = [(row, variant) for row in missing for variant in goods.variants(row)]
    children = _create_children(variants, parents)
    _place(missing, parents)
    _set_attributes(missing, variants, parents, children)
    _set_details(missing, variants, parents, children)
    _stock([variant for _row, variant in variants], children)
    _offer_personal_texts(missing, parents)
    _add_ebooks(variants, children)
    _bundle(missing)
    _recommend(missing)


def _create_parents(rows: list[dict[str, Any]], types: dict[str, Any]) -> dict[str, Any]:
    """Products by code: parents, or standalone ones if their type has no options."""
    Product.objects.bulk_create(
        Product(
            structure=Product.PARENT if _has_options(row) else Product.STANDALONE,
            upc=row["code"].upper(),
            title=row["title"],
            slug=slug_of_name(row["title"]),
            description=_paragraphs(row["description"]),
            meta_description=row["summary"],
            product_class=types[row["type"]],
            is_discountable=not row.get("gift_card"),
        )
        for row in rows
    )
    by_upc = {p.upc: p for p in Product.objects.filter(upc__in=[r["code"].upper() for r in rows])}
    parents = {row["code"]: by_upc[row["code"].upper()] for row in rows}
    # "Newest first" needs different creation dates.
    for days, product in enumerate(parents.values()):
        product.date_created = now() - timedelta(days=2 * days + 1)
    Product.objects.bulk_update(parents.values(), ["date_created"])
    return parents


def _has_options(row: dict[str, Any]) -> bool:
    return bool(goods.read("products")["types"][row["type"]]["options"])


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{part.strip()}</p>" for part in text.strip().split("\n\n"))


def _create_children(
    variants: list[tuple[dict[str, Any], goods.Variant]], parents: dict[str, Any]
) -> dict[str, Any]:
    """The products of variants by SKU: children, or the standalone product itself."""
    rows = [(row, variant) for row, variant in variants if variant.options]
    Product.objects.bulk_create(
        Product(
            structure=Product.CHILD,
            parent=parents[row["code"]],
            is_discountable=not variant.gift_card,
            upc=variant.sku,
            slug=slug_of_name(variant.sku),
            # The refresh of the listing titles it after its options.
            title="",
        )
        for row, variant in rows
    )
    found = Product.objects.filter(upc__in=[variant.sku for _row, variant in rows])
    children = {product.upc: product for product in found}
    alone = {v.sku: parents[row["code"]] for row, v in variants if not v.options}
    return children | alone


def _place(rows: list[dict[str, Any]], parents: dict[str, Any]) -> None:
    categories = dict(Category.objects.values_list("code", "pk"))
    ProductCategory.objects.bulk_create(
        ProductCategory(product=parents[row["code"]], category_id=categories[row["category"]])
        for row in rows
    )


def _set_attributes(
    rows: list[dict[str, Any]],
    variants: list[tuple[dict[str, Any], goods.Variant]],
    parents: dict[str, Any],
    children: dict[str, Any],
) -> None:
    attributes = {(a.product_class_id, a.code): a for a in ProductAttribute.objects.all()}
    options = dict(AttributeOption.objects.values_list("code", "pk"))
    values = [
        _value(parents[row["code"]], attributes[parents[row["code"]].product_class_id, code], value)
        for row in rows
        for code, value in row["attributes"].items()
    ]
    for row, variant in variants:
        product, kind = children[variant.sku], parents[row["code"]].product_class_id
        names = goods.read("products")["types"][row["type"]]["options"]
        values += [
            ProductAttributeValue(
                product=product,
                attribute=attributes[kind, name],
                value_option_id=options[f"{name}-{code}"],
            )
            for name, code in zip(names, variant.options, strict=True)
        ]
        values += [
            _value(product, attributes[kind, code], value)
            for code, value in variant.attributes.items()
            if (kind, code) in attributes
        ]
    ProductAttributeValue.objects.bulk_create(values)


def _value(product: Any, attribute: Any, value: Any) -> Any:
    return ProductAttributeValue(
        product=product, attribute=attribute, **{f"value_{attribute.type}": value}
    )


def _set_details(
    rows: list[dict[str, Any]],
    variants: list[tuple[dict[str, Any], goods.Variant]],
    parents: dict[str, Any],
    children: dict[str, Any],
) -> None:
    """Weights, sizes, what is not sent, and pre-orders."""
    details = {}
    for row, variant in variants:
        pk = children[variant.sku].pk
        length, width, height = variant.size or (None, None, None)
        details[pk] = ProductDetails(
            product_id=pk,
            weight=variant.weight or None,
            length=length,
            width=width,
            height=height,
            is_shipped=variant.is_shipped,
            is_stock_counted=None if variant.is_shipped else False,
            gift_card_value=variant.gift_card,
        )
        if "available_from" in row:
            details[pk].later = ProductDetails.Later.PREORDER
            details[pk].available_from = row["available_from"]
    ProductDetails.objects.bulk_create(details.values())


def _stock(variants: Sequence[goods.Variant], children: dict[str, Any]) -> None:
    partner, _is_new = Partner.objects.get_or_create(name=PARTNER)
    rows = [
        StockRecord(
            product=children[variant.sku],
            partner=partner,
            partner_sku=variant.sku,
            price_currency=CURRENCY,
            price=variant.price,
            num_in_stock=variant.stock,
            num_allocated=0,
            low_stock_threshold=LOW_STOCK_THRESHOLD,
        )
        for variant in variants
    ]
    StockRecord.objects.bulk_create(rows)
    # A bulk insert sends no signal.
    made = StockRecord.objects.filter(partner=partner, partner_sku__in=[v.sku for v in variants])
    update_low_stock_alerts(made.values_list("pk", flat=True))


def _offer_personal_texts(rows: list[dict[str, Any]], parents: dict[str, Any]) -> None:
    """What shoppers can have done to a product: an embossed name; and whom a gift card is for."""
    for row in rows:
        if text := row.get("text"):
            option, _is_new = Option.objects.get_or_create(
                name=text["name"],
                defaults={"type": Option.TEXT, "help_text": text["help"], "order": 1},
            )
            OptionPrice.objects.get_or_create(
                option=option,
                defaults={"price": Decimal(text["price"]), "max_length": text["max_length"]},
            )
            parents[row["code"]].product_options.add(option)
        if row.get("gift_card"):
            parents[row["code"]].product_options.add(*_gift_card_options())


def _gift_card_options() -> list[Any]:
    """What buyers say about a gift card: whom it is for, and when it is sent."""
    meaning, found = OptionPrice.Meaning, []
    for order, (name, kind, used_for, most, text) in enumerate(
        (
            ("E-Mail-Adresse der beschenkten Person", Option.TEXT, meaning.EMAIL, 200,
             "Leer: Der Geschenkgutschein kommt zu Ihnen."),
            ("Name der beschenkten Person", Option.TEXT, meaning.RECIPIENT, 80, ""),
            ("Ihre Nachricht", Option.TEXT, meaning.MESSAGE, 400, "Steht in der E-Mail, höchstens 400 Zeichen."),
            ("Verschicken am", Option.DATE, meaning.SEND_ON, 10, "Leer: sofort nach der Zahlung."),
        ),
        start=2,
    ):  # fmt: skip
        option, _is_new = Option.objects.get_or_create(
            name=name, defaults={"type": kind, "help_text": text, "order": order}
        )
        OptionPrice.objects.get_or_create(
            option=option, defaults={"max_length": most, "meaning": used_for}
        )
        found.append(option)
    return found


def _add_ebooks(
    variants: list[tuple[dict[str, Any], goods.Variant]], children: dict[str, Any]
) -> None:
    """Give each e-book its file."""
    for row, variant in variants:
        if "ebook" in variant.options:
            content = write_ebook(row, isbn=variant.attributes.get("isbn", variant.sku))
            name = f"{row['code']}.epub"
            ProductFile.objects.create(
                product=children[variant.sku],
                title=row["title"],
                name=name,
                size=len(content),
                file=ContentFile(content, name),
            )


def _bundle(rows: list[dict[str, Any]]) -> None:
    """Put the bundles together, whose stock follows from their parts."""
    products = {product.upc: product for product in Product.objects.filter(upc__isnull=False)}
    bundles = [(row["code"].upper(), row["parts"]) for row in rows if "parts" in row]
    BundlePart.objects.bulk_create(
        BundlePart(bundle=products[code], part=products[part], quantity=quantity)
        for code, parts in bundles
        for part, quantity in parts.items()
    )
    update_bundles([products[code].pk for code, _parts in bundles])


def _recommend(rows: list[dict[str, Any]]) -> None:
    ids = dict(Product.objects.exclude(structure="child").values_list("upc", "pk"))
    ProductRecommendation.objects.bulk_create(
        ProductRecommendation(
            primary_id=ids[row["code"].upper()],
            recommendation_id=ids[code.upper()],
            ranking=100 - place,
        )
        for row in rows
        for place, code in enumerate(row.get("recommended", ()))
    )


@transaction.atomic
def load_facets() -> None:
    """Load the facets: the options, then the attributes that are marked."""
    data = goods.read("products")
    marked = [
        attribute["code"]
        for row in data["types"].values()
        for attribute in row["attributes"]
        if attribute.get("facet")
    ]
    codes = list(dict.fromkeys([*data["options"], *marked]))
    for attribute in ProductAttribute.objects.filter(code__in=codes):
        FacetAttribute.objects.get_or_create(
            attribute=attribute, defaults={"position": codes.index(attribute.code)}
        )


def load_synonyms() -> None:
    """Load search synonyms, unless staff have entered any."""
    if not SearchSynonym.objects.exists():
        SearchSynonym.objects.bulk_create(
            SearchSynonym(words=", ".join(words)) for words in goods.read("vocabulary")["synonyms"]
        )
