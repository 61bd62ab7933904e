"""What would be lost if a value of an option, or an option itself, were removed."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db.models import Q
from django.utils.translation import ngettext
from oscar.core.loading import get_model

from commerce.models import VariantOption


def products_with_value(value_id: int) -> int:
    """The number of products and variants that have a value of an attribute; one query."""
    rows = get_model("catalogue", "ProductAttributeValue").objects
    of_value = Q(value_option=value_id) | Q(value_multi_option=value_id)
    return rows.filter(of_value).values("product").distinct().count()


def products_with_attribute(attribute_id: int) -> int:
    """The number of products and variants that have a value for an attribute; one query."""
    return (
        get_model("catalogue", "ProductAttributeValue")
        .objects.filter(attribute=attribute_id)
        .count()
    )


def products_blurred_without(product_class: Any, removed: Collection[int]) -> list[str]:
    """The titles of products whose variants differ only in options that are to be removed.

    ``removed`` are attribute keys. None is blurred if no option remains: the select attributes are
    the options then. Three queries.
    """
    declared = VariantOption.objects.filter(attribute__product_class=product_class)
    before = list(declared.values_list("attribute_id", flat=True))
    after = [key for key in before if key not in removed]
    if not after or len(after) == len(before):
        return []
    variants = get_model("catalogue", "Product").objects.filter(parent__product_class=product_class)
    rows = get_model("catalogue", "ProductAttributeValue").objects.filter(
        product__parent__product_class=product_class, attribute__in=before
    )
    values: dict[int, dict[int, int]] = defaultdict(dict)
    for pk, attribute, value in rows.values_list("product_id", "attribute_id", "value_option_id"):
        values[pk][attribute] = value
    told: dict[int, tuple[set[tuple], set[tuple]]] = defaultdict(lambda: (set(), set()))
    titles: dict[int, str] = {}
    for pk, parent, title in variants.order_by("pk").values_list("pk", "parent", "parent__title"):
        titles[parent] = title
        for found, keys in zip(told[parent], (before, after), strict=True):
            found.add(tuple(values[pk].get(key) for key in keys))
    return [titles[pk] for pk, (old, new) in told.items() if len(new) < len(old)]


def refusal_of_blurred(titles: Collection[str]) -> str:
    """Why the options stay without which the variants of these products could not be told apart."""
    text = ngettext(
        "Without this option, variants of “%(product)s” could not be told apart.",
        "Without this option, variants of %(count)d products, such as “%(product)s”, could not be"
        " told apart.",
        len(titles),
    )
    return text % {"product": next(iter(titles)), "count": len(titles)}
