"""Collections: lists by a rule that staff write, as pages of their own and as blocks on others."""

from django.urls import reverse
from django.utils import timezone

from commerce.catalogue.list_rules import ListRule, products_of_rule
from commerce.catalogue.product_lists import filter_attributes
from commerce.index.facet_index import facet_index
from commerce.index.listings import cards_for
from commerce.index.price_windows import shows_prices
from commerce.index.sort_orders import ordered_keys
from commerce.models.cache_tags import LISTS
from commerce.page_cache.dependencies import depends_on
from commerce.urls import with_query


def rule_of(collection):
    """The ``ListRule`` that a ``ProductCollection`` stands for."""
    return ListRule(
        category=collection.category_id,
        kind=collection.product_class_id,
        values=tuple(collection.values),
        price_from=collection.price_from,
        price_to=collection.price_to,
        is_in_stock=collection.is_in_stock,
        is_on_sale=collection.is_on_sale,
    )


def collection_url(collection):
    """The address of a collection's page."""
    return reverse("catalogue:collection", kwargs={"slug": collection.slug, "pk": collection.pk})


def address_of_collection(collection, query=""):
    """Path and query of a collection's page, whatever slug it was asked for by."""
    return with_query(collection_url(collection), query)


def cards_in(collection, *, count, at=None):
    """The first cards of a collection in its own order, and how many pieces it holds.

    None of a collection that is not shown. Where not every variant of a piece follows the rule, its
    card is the cheapest that does.
    """
    depends_on(LISTS)
    shows_prices()
    if not collection.is_public:
        return [], 0
    at = at or timezone.now()
    members = products_of_rule(rule_of(collection), facet_index(), at=at)
    listings = members.listings()
    keys = ordered_keys(listings, sort=collection.sort, at=at, start=0, count=count)
    variants = {pk: numbers for pk in keys if (numbers := members.variants_of(pk))}
    return cards_for(keys, at=at, variants=variants), len(listings)


def value_choices(*, chosen=()):
    """The values that a rule may name, ``[(attribute's name, [("glaze:oat", "Oat"), …])]``.

    Those of filters that some product has, and those that were chosen before and none has any more.
    """
    stored, known = facet_index(), set()
    groups = []
    for attribute in filter_attributes():
        values = stored.attributes.get(attribute.code, {})
        rows = [(f"{attribute.code}:{code}", label) for code, label in values.items()]
        known |= {value for value, _label in rows}
        if rows:
            groups.append((attribute.name, rows))
    if lost := [(value, value) for value in chosen if value not in known]:
        groups.append(("—", lost))
    return groups
