"""Collections: lists by a rule that staff define, shown as pages and as blocks."""

from collections.abc import Iterable

from django.urls import reverse

from commerce.catalogue.list_rules import ListRule, products_of_rule
from commerce.catalogue.product_lists import filter_attributes
from commerce.index.facet_index import facet_index
from commerce.index.listings import Card, cards_for
from commerce.index.price_windows import expire_at_next_price_change
from commerce.index.sort_orders import ordered_keys
from commerce.models import ProductCollection
from commerce.models.cache_tags import LISTS
from commerce.page_cache.dependencies import depends_on
from commerce.urls import with_query


def rule_of(collection: ProductCollection) -> ListRule:
    """The ``ListRule`` of a ``ProductCollection``."""
    return ListRule(
        category=collection.category_id,
        kind=collection.product_class_id,
        values=tuple(collection.values),
        price_from=collection.price_from,
        price_to=collection.price_to,
        is_in_stock=collection.is_in_stock,
        is_on_sale=collection.is_on_sale,
    )


def collection_url(collection: ProductCollection) -> str:
    """The URL of a collection's page."""
    return reverse("catalogue:collection", kwargs={"slug": collection.slug, "pk": collection.pk})


def canonical_collection_url(collection: ProductCollection, query: str = "") -> str:
    """The canonical path and query of a collection's page, whatever slug was requested."""
    return with_query(collection_url(collection), query)


def cards_in(
    collection: ProductCollection,
    *,
    count: int,
) -> tuple[list[Card], int]:
    """The first cards of a collection in its own order, and its number of products.

    Empty if the collection is not public. If only some variants of a product match the rule, its
    card shows the cheapest of them.
    """
    depends_on(LISTS)
    expire_at_next_price_change()
    if not collection.is_public:
        return [], 0
    members = products_of_rule(rule_of(collection), facet_index())
    listings = members.listings()
    keys = ordered_keys(listings, sort=collection.sort, start=0, count=count)
    variants = {pk: numbers for pk in keys if (numbers := members.variants_of(pk))}
    return cards_for(keys, variants=variants), len(listings)


def value_choices(*, chosen: Iterable[str] = ()) -> list[tuple[str, list[tuple[str, str]]]]:
    """The facet values that a rule may use, ``[(attribute name, [("colour:red", "Red"), …])]``.

    Includes values in ``chosen`` that no product has any more.
    """
    stored, known = facet_index(), set()
    groups = []
    for attribute in filter_attributes():
        values = stored.attributes.get(attribute.code, {})
        rows = [(f"{attribute.code}:{code}", label) for code, label in values.items()]
        known |= {value for value, _label in rows}
        if rows:
            groups.append((attribute.name, rows))
    if unknown := [(value, value) for value in chosen if value not in known]:
        groups.append(("—", unknown))
    return groups
