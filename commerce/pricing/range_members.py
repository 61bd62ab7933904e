"""Which products the ranges of offers hold: ``Range.all_products`` for a few products and many ranges.

Oscar asks up to six queries for each range before it asks for its products, and each time anew. What a
range is made of changes seldom; the process keeps it (docs/page_cache.md).
"""

from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Q
from oscar.core.loading import get_model

from commerce.page_cache.dependencies import OFFERS, SITE
from commerce.page_cache.kept import kept


@dataclass(frozen=True)
class Shape:
    """What a range is made of, as keys; categories with all that are below them."""

    has_all: bool
    included: frozenset[int]
    excluded: frozenset[int]
    classes: frozenset[int]
    categories: frozenset[int]
    excluded_categories: frozenset[int]

    def holds(self, product):
        """Whether the range holds a product, by the rules of ``AbstractRange.product_queryset``."""
        if self.has_all:
            is_out = product.pk in self.excluded or product.categories & self.excluded_categories
            return not is_out
        if not self.excluded.isdisjoint(product.line):
            return False
        return bool(
            self.included.intersection(product.line)
            or self.classes.intersection(product.classes)
            or self.categories & product.categories
        )


@dataclass(frozen=True)
class _Product:
    """A product with its parent, as far as ranges ask: ``line`` has both keys."""

    pk: int
    line: tuple[int, ...]
    classes: tuple[int, ...]
    categories: frozenset[int] = frozenset()


def members_of(ranges, product_ids):
    """``{range's key: keys of those of the products that it holds}``. Two queries at most, and what a
    range that staff programmed (``proxy_class``) asks itself."""
    shapes = {row.pk: shape_of(row) for row in ranges if not row.proxy_class}
    has_categories = any(shape.categories or shape.excluded_categories for shape in shapes.values())
    products = _products(product_ids, with_categories=has_categories) if shapes else []
    found = {
        pk: {product.pk for product in products if shape.holds(product)}
        for pk, shape in shapes.items()
    }
    for row in ranges:
        if row.pk not in found:
            rows = row.all_products().filter(pk__in=product_ids)
            found[row.pk] = set(rows.values_list("pk", flat=True))
    return found


def shape_of(row):
    """The ``Shape`` of a range of the dashboard, remembered by this process."""
    return kept(("range", row.pk), lambda: _read_shape(row), tags=[OFFERS, SITE])


def _read_shape(row):
    def keys(relation):
        return frozenset(relation.order_by().values_list("pk", flat=True))

    return Shape(
        has_all=row.includes_all_products,
        included=keys(row.included_products),
        excluded=keys(row.excluded_products),
        classes=keys(row.classes),
        categories=_with_those_below(row.included_categories),
        excluded_categories=_with_those_below(row.excluded_categories),
    )


def _with_those_below(relation):
    paths = list(relation.order_by().values_list("path", flat=True))
    if not paths:
        return frozenset()
    below = reduce(or_, (Q(path__startswith=path) for path in paths))
    rows = get_model("catalogue", "Category").objects.filter(below)
    return frozenset(rows.order_by().values_list("pk", flat=True))


def _products(product_ids, *, with_categories):
    rows = get_model("catalogue", "Product").objects.filter(pk__in=product_ids).order_by()
    rows = rows.values_list("pk", "parent_id", "product_class_id", "parent__product_class_id")
    products = [
        _Product(pk, (pk, parent) if parent else (pk,), (own, inherited))
        for pk, parent, own, inherited in rows
    ]
    if not with_categories:
        return products
    categories = _categories({key for product in products for key in product.line})
    return [
        _Product(
            product.pk,
            product.line,
            product.classes,
            frozenset().union(*(categories.get(key, ()) for key in product.line)),
        )
        for product in products
    ]


def _categories(keys):
    """Keys of categories by product."""
    rows = get_model("catalogue", "ProductCategory").objects.filter(product__in=keys).order_by()
    found = {}
    for product, category in rows.values_list("product_id", "category_id"):
        found.setdefault(product, set()).add(category)
    return found
