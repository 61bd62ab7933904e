"""Canonical URLs of products and categories, for redirects from outdated ones.

URLs contain the key, so an old slug or an old position in the tree still finds the row. The results
need no further redirect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commerce.catalogue.category_tree import branches, category_url
from commerce.index.listings import product_url
from commerce.stock.availability import is_for_sale
from commerce.urls import OF_ONE_PRODUCT, changed_query, with_query

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractCategory, AbstractProduct


#: Relations that ``canonical_product_url`` reads, for ``select_related``.
RELATED = ("parent__retirement__replacement", "retirement__replacement")


def canonical_product_url(product: AbstractProduct, query: str = "") -> str | None:
    """Path and query of the page that shows a product; None if there is no such page.

    A variant is shown on its parent's page, selected. A retired product leads to its replacement,
    without the query parameters of its own page.
    """
    family = product.parent or product
    if is_for_sale(product):
        if product.parent_id:
            query = changed_query(query, variant=str(product.pk))
        return with_query(product_url(family.pk, family.slug), query)
    replacement = replacement_of(product)
    if replacement is None:
        return None
    rest = changed_query(query, without=OF_ONE_PRODUCT)
    return with_query(product_url(replacement.pk, replacement.slug), rest)


def retirement_of(product: AbstractProduct) -> Any:
    """The retirement of a product, or of a variant's parent; None if it is on sale or hidden."""
    family = product.parent or product
    return None if family.is_public else getattr(family, "retirement", None)


def replacement_of(product: AbstractProduct) -> AbstractProduct | None:
    """The public replacement of a retired product, or None."""
    retirement = retirement_of(product)
    replacement = retirement.replacement if retirement else None
    return replacement if replacement and replacement.is_public else None


def canonical_category_url(category: AbstractCategory, query: str = "") -> str:
    """Path and query of a category's page, from the current tree.

    Oscar's ``get_absolute_url`` caches URLs for minutes, which is too long for redirects.
    """
    branch = branches().get(category.pk)
    if branch is not None:
        return with_query(branch.url, query)
    slugs = [*category.get_ancestors().values_list("slug", flat=True), category.slug]
    return with_query(category_url(category.pk, slugs), query)
