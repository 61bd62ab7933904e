"""Membership of products in ranges: ``Range.all_products`` for some products and many ranges.

Oscar needs up to six queries per range.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import F, QuerySet, Value
from oscar.core.loading import get_model

from commerce.models.cache_tags import OFFERS, SITE
from commerce.page_cache.dependencies import depends_on

if TYPE_CHECKING:
    from oscar.apps.offer.abstract_models import AbstractRange


@dataclass(frozen=True)
class _Product:
    """A product's keys, classes and categories. ``line`` holds its own key and its parent's."""

    pk: int
    line: tuple[int, ...]
    classes: tuple[int, ...]
    paths: tuple[str, ...] = ()


@dataclass
class _Range:
    """The parts of a range that concern the given products. Categories are tree paths."""

    has_all: bool
    included: set[int] = field(default_factory=set)
    excluded: set[int] = field(default_factory=set)
    classes: set[int] = field(default_factory=set)
    categories: set[str] = field(default_factory=set)
    excluded_categories: set[str] = field(default_factory=set)

    def contains(self, product: _Product) -> bool:
        """Whether the range contains a product, by the rules of ``AbstractRange.product_queryset``."""
        if self.has_all:
            is_out = product.pk in self.excluded or _is_below(product, self.excluded_categories)
            return not is_out
        if not self.excluded.isdisjoint(product.line):
            return False
        return bool(
            self.included.intersection(product.line)
            or self.classes.intersection(product.classes)
            or _is_below(product, self.categories)
        )


def _is_below(product: _Product, paths: Iterable[str]) -> bool:
    return any(own.startswith(path) for own in product.paths for path in paths)


def members_of(
    ranges: Collection[AbstractRange], product_ids: Iterable[int]
) -> dict[int, set[int]]:
    """``{range_id: {product_id, …}}`` for the given products.

    At most four queries, plus those of ranges with a ``proxy_class``.
    """
    depends_on(OFFERS, SITE)
    product_ids = list(product_ids)
    made = {row.pk: _Range(row.includes_all_products) for row in ranges if not row.proxy_class}
    products = _products(product_ids) if made else []
    if products:
        _read_ranges(made, {key for product in products for key in product.line})
        if any(one.categories or one.excluded_categories for one in made.values()):
            products = _with_categories(products)
    found = {
        pk: {product.pk for product in products if one.contains(product)}
        for pk, one in made.items()
    }
    for row in ranges:
        if row.pk not in found:
            rows = row.all_products().filter(pk__in=product_ids)
            found[row.pk] = set(rows.values_list("pk", flat=True))
    return found


def _read_ranges(made: Mapping[int, _Range], keys: Set[int]) -> None:
    """Fill the ranges with the rows that concern products of these keys. Two queries."""
    Range = get_model("offer", "Range")

    def rows(name: str, column: str, **wanted: Any) -> QuerySet[Any]:
        through = Range._meta.get_field(name).remote_field.through.objects
        chosen = through.filter(range_id__in=made, **wanted).order_by()
        return chosen.values_list(Value(name), F("range_id"), F(column))

    members = rows("included_products", "product_id", product_id__in=keys).union(
        rows("excluded_products", "product_id", product_id__in=keys),
        rows("classes", "productclass_id"),
        all=True,
    )
    paths = rows("included_categories", "category__path").union(
        rows("excluded_categories", "category__path"), all=True
    )
    columns = {
        "included_products": "included",
        "excluded_products": "excluded",
        "included_categories": "categories",
    }
    for found in (members, paths):
        for name, pk, value in found:
            getattr(made[pk], columns.get(name, name)).add(value)


def _products(product_ids: Collection[int]) -> list[_Product]:
    rows = get_model("catalogue", "Product").objects.filter(pk__in=product_ids).order_by()
    return [
        _Product(pk, (pk, parent) if parent else (pk,), (own, inherited))
        for pk, parent, own, inherited in rows.values_list(
            "pk", "parent_id", "product_class_id", "parent__product_class_id"
        )
    ]


def _with_categories(products: list[_Product]) -> list[_Product]:
    """The products with the paths of their own and their parents' categories. One query."""
    keys = {key for product in products for key in product.line}
    rows = get_model("catalogue", "ProductCategory").objects.filter(product__in=keys).order_by()
    paths = defaultdict(list)
    for key, path in rows.values_list("product_id", "category__path"):
        paths[key].append(path)
    return [
        _Product(
            product.pk,
            product.line,
            product.classes,
            tuple(path for key in product.line for path in paths[key]),
        )
        for product in products
    ]
