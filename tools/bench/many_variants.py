"""Products of two options and 100 variants each, beside the generated ones.

Run as a module against a prepared database, it adds them once.
"""

import os
from decimal import Decimal

#: The category of these products and their number, enough to fill a page of cards.
CATEGORY_CODE, PRODUCTS = "bench-linen", 24
COLOURS, SIZES = 10, 10


def upc_of(number):
    """Return the UPC of one of these products."""
    return f"BENCH-LINEN-{number:02}"


def add_products():
    """Add the category, the product type with its options, and the products, unless they exist."""
    from oscar.core.loading import get_model

    from commerce.catalogue.variant_editing import (
        combinations_of,
        create_variants,
        options_of_class,
    )
    from commerce.index.refresh_queue import one_refresh

    Product, Category = get_model("catalogue", "Product"), get_model("catalogue", "Category")
    if Category.objects.filter(code=CATEGORY_CODE).exists():
        return
    shelf = Category.add_root(name="Linen", code=CATEGORY_CODE)
    kind = _product_type()
    options = options_of_class(kind)
    chosen = {
        option.attribute.pk: [value.pk for value in option.attribute.option_group.options.all()]
        for option in options
    }
    for number in range(PRODUCTS):
        product = Product.objects.create(
            upc=upc_of(number), title=f"Linen {number}", slug=f"linen-{number}", product_class=kind
        )
        product.productcategory_set.create(category=shelf)
        wanted = combinations_of(product, options, chosen)
        with one_refresh():
            create_variants(product, options, wanted, price=Decimal("40.00"), stock=7)


def _product_type():
    from oscar.core.loading import get_model

    from commerce.models import VariantOption

    kind = get_model("catalogue", "ProductClass").objects.create(name="Bench linen")
    for position, (code, count) in enumerate((("colour", COLOURS), ("size", SIZES))):
        group = get_model("catalogue", "AttributeOptionGroup").objects.create(
            name=f"Bench {code}", code=f"bench-{code}"
        )
        for number in range(count):
            group.options.create(option=f"{code} {number}", code=f"bench-{code}-{number}")
        attribute = kind.attributes.create(
            code=f"bench_{code}", name=code.title(), type="option", option_group=group
        )
        VariantOption.objects.create(attribute=attribute, position=position)
    return kind


def main():
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_project.settings")
    django.setup()
    add_products()


if __name__ == "__main__":
    main()
