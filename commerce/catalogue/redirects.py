"""Where a product or a category is found now, whatever address it was asked for by.

Addresses hold the key, so an old slug or an old place in the tree still finds its row. An answer
here is final: views and middleware redirect to it once.
"""

from commerce.catalogue.category_tree import branches, category_url
from commerce.index.listings import product_url
from commerce.stock.availability import is_for_sale
from commerce.urls import OF_ONE_PRODUCT, changed_query, with_query

#: What ``address_of_product`` reads, for ``select_related``.
RELATED = ("parent__retirement__replacement", "retirement__replacement")


def address_of_product(product, query=""):
    """Path and query of the page that shows a product; None where there is none any more.

    A variant is shown on its parent's page, chosen. What was retired leads to what replaces it;
    the query goes along, but for what only the old page understands.
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


def retirement_of(product):
    """The retirement of a product, or of a variant's parent; None while it is on sale or hidden."""
    family = product.parent or product
    return None if family.is_public else getattr(family, "retirement", None)


def replacement_of(product):
    """What is sold instead of a retired product, or None."""
    retirement = retirement_of(product)
    replacement = retirement.replacement if retirement else None
    return replacement if replacement and replacement.is_public else None


def address_of_category(category, query=""):
    """Path and query of a category's page, from the tree as it is.

    Oscar's own ``get_absolute_url`` remembers addresses for minutes: good enough for a link that
    is redirected if it is old, not for deciding where to redirect.
    """
    branch = branches().get(category.pk)
    if branch is not None:
        return with_query(branch.url, query)
    slugs = [*category.get_ancestors().values_list("slug", flat=True), category.slug]
    return with_query(category_url(category.pk, slugs), query)
