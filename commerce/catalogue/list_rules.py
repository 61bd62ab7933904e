"""A list by a rule: which products it holds follows from what they are and cost, at any moment."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from commerce.index.facet_index import priced_between, prices_at
from commerce.index.listing_builder import ALL, ATTRIBUTE, CATEGORY, KIND, STOCK
from commerce.index.variant_sets import VariantSet, union_of


@dataclass(frozen=True)
class ListRule:
    """What a product must be to stand in a list; what is None, "" or False asks for nothing.

    ``category`` counts with those below it. ``values`` are values of filters, "glaze:oat": those of one
    attribute add up, attributes narrow each other. Prices are those of the moment, both ends
    included. One and the same variant has to fit everything.
    """

    category: int | None = None
    kind: int | None = None
    values: tuple[str, ...] = ()
    price_from: Decimal | None = None
    price_to: Decimal | None = None
    is_in_stock: bool = False
    is_on_sale: bool = False


ON_SALE = ListRule(is_on_sale=True)


def products_of_rule(rule, stored, *, at):
    """What follows a rule at a moment, of the ``FacetIndex`` that were read: a ``VariantSet``."""

    def of(kind, value):
        return stored.variants_of(kind, value, is_filtered=True)

    found = VariantSet(
        stored.of(CATEGORY, str(rule.category)) if rule.category else stored.of(ALL, "")
    )
    if rule.kind:
        found = found & VariantSet(stored.of(KIND, str(rule.kind)))
    attributes = defaultdict(list)
    for value in rule.values:
        attributes[value.partition(":")[0]].append(value)
    for values in attributes.values():
        found = found & union_of(of(ATTRIBUTE, value) for value in values)
    if rule.price_from is not None or rule.price_to is not None:
        found = found & priced_between(rule.price_from, rule.price_to, at=at)
    if rule.is_in_stock:
        found = found & of(STOCK, "in-stock")
    if rule.is_on_sale:
        found = found & prices_at(at, stored, is_filtered=True).on_sale
    return found
