"""Rule-based lists: a product belongs to the list if it matches the rule at the moment."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from commerce.index.facet_index import FacetIndex, priced_between, prices_of_now
from commerce.index.listing_builder import ALL, ATTRIBUTE, CATEGORY, KIND, STOCK
from commerce.index.variant_sets import VariantSet, union_of


@dataclass(frozen=True)
class ListRule:
    """Conditions for products in a list; None, "" and False mean no condition.

    ``category`` includes its descendants. ``values`` are facet values such as "colour:red": values
    of one attribute are alternatives, attributes are combined. Price limits are inclusive and use
    current prices. A single variant has to meet all conditions.
    """

    category: int | None = None
    kind: int | None = None
    values: tuple[str, ...] = ()
    price_from: Decimal | None = None
    price_to: Decimal | None = None
    is_in_stock: bool = False
    is_on_sale: bool = False


ON_SALE = ListRule(is_on_sale=True)


def products_of_rule(rule: ListRule, stored: FacetIndex) -> VariantSet:
    """The variants that match a rule at a moment, based on a ``FacetIndex``."""

    def of(kind: str, value: str) -> VariantSet:
        return stored.variants_of(kind, value, is_filtered=True)

    found = VariantSet(
        stored.of(CATEGORY, str(rule.category)) if rule.category else stored.of(ALL, "")
    )
    if rule.kind:
        found = found & VariantSet(stored.of(KIND, str(rule.kind)))
    attributes: dict[str, list[str]] = defaultdict(list)
    for value in rule.values:
        attributes[value.partition(":")[0]].append(value)
    for values in attributes.values():
        found = found & union_of(of(ATTRIBUTE, value) for value in values)
    if rule.price_from is not None or rule.price_to is not None:
        found = found & priced_between(rule.price_from, rule.price_to)
    if rule.is_in_stock:
        found = found & of(STOCK, "in-stock")
    if rule.is_on_sale:
        found = found & prices_of_now(stored, is_filtered=True).on_sale
    return found
