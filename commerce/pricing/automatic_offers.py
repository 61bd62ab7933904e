"""Offers that apply to a single unit without a code: docs/pricing.md, stage 3.

Oscar's own engine computes the discount over a basket of that one unit, so cards and baskets always
agree.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import prefetch_related_objects
from oscar.apps.partner.prices import TaxInclusiveFixedPrice
from oscar.apps.partner.strategy import PurchaseInfo
from oscar.core.loading import get_class, get_model

from commerce.models.cache_tags import OFFERS
from commerce.page_cache.dependencies import depends_on
from commerce.pricing.best_offers import is_on_delivery
from commerce.pricing.range_members import members_of

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractLine
    from oscar.apps.offer.abstract_models import AbstractConditionalOffer, AbstractRange
    from oscar.apps.partner.abstract_models import AbstractStockRecord


log = logging.getLogger(__name__)

#: Oscar's offers include their end; our price windows exclude theirs.
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class OfferPrice:
    """The price of one unit after the offers active at a moment, and the offers applied."""

    price: Decimal
    offers: tuple[AbstractConditionalOffer, ...]


def site_offers() -> list[AbstractConditionalOffer]:
    """Open site-wide offers, past and future too, in the order in which the basket applies them.

    Two queries: one for the offers with their rules, one for the ranges.
    """
    return with_rules(_open_site_offers())


def _open_site_offers() -> list[AbstractConditionalOffer]:
    """``site_offers`` before ``with_rules``. One query."""
    depends_on(OFFERS)
    ConditionalOffer = get_model("offer", "ConditionalOffer")
    offers = ConditionalOffer.objects.filter(
        offer_type=ConditionalOffer.SITE, status=ConditionalOffer.OPEN
    )
    # Sorted here: for ORDER BY, Django compares every selected column.
    rows = offers.select_related("condition", "benefit").order_by()
    return sorted(rows, key=lambda offer: (-offer.priority, offer.pk))


def with_rules(offers: Iterable[AbstractConditionalOffer]) -> list[AbstractConditionalOffer]:
    """Resolve the proxies of the offers' conditions and benefits, with their ranges; one query.

    Oscar would create the proxy and read the range again at every access. Offers with a rule of an
    unknown type are logged and left out, so that one bad row cannot break the shop.
    """
    offers, known = list(offers), []
    ids = range_ids_of(offers)
    ranges = get_model("offer", "Range").objects.order_by().in_bulk(ids) if ids else {}
    for offer in offers:
        try:
            offer.condition, offer.benefit = offer.condition.proxy(), offer.benefit.proxy()
        except RuntimeError as error:
            log.error("The offer %s is ignored: %s", offer.pk, error)
            continue
        for rule in (offer.condition, offer.benefit):
            rule.range = ranges.get(rule.range_id)
        known.append(offer)
    return known


def automatic_offers() -> list[AbstractConditionalOffer]:
    """Offers that may lower the price of one unit, in the order in which the basket applies them.

    They apply to everybody, need no code, are open and are not used up. Offers limited per customer
    are left out, because their price differs between customers.
    """
    return with_rules(offer for offer in _open_site_offers() if _may_apply_to_one(offer))


def is_automatic(offer: AbstractConditionalOffer) -> bool:
    """Whether an offer that the basket applied is part of the price on cards."""
    return offer.offer_type == offer.SITE and _may_apply_to_one(offer)


def _may_apply_to_one(offer: AbstractConditionalOffer) -> bool:
    if offer.max_user_applications:
        return False
    condition = offer.condition
    needs_more = condition.type in (condition.COUNT, condition.COVERAGE) and condition.value > 1
    return not needs_more and not is_on_delivery(offer) and offer.get_max_applications() > 0


def with_loaded_ranges(
    offers: Iterable[AbstractConditionalOffer], product_ids: Iterable[int]
) -> list[AbstractConditionalOffer]:
    """Copies of offers whose ranges know which of the products they contain; a few queries for all.

    Oscar would query for each offer and product.
    """
    return OfferBook(product_ids, offers=offers).offers


class OfferBook:
    """The automatic offers for some products, with their ranges resolved in bulk.

    Without offers, one query; otherwise the number of queries does not depend on the number of
    products or offers.
    """

    def __init__(
        self,
        product_ids: Iterable[int],
        *,
        offers: Iterable[AbstractConditionalOffer] | None = None,
    ) -> None:
        offers = automatic_offers() if offers is None else list(offers)
        if sum(not offer.exclusive for offer in offers) > 1:
            prefetch_related_objects(offers, "combinations", "in_combination")
        rules = [rule for offer in offers for rule in (offer.condition, offer.benefit)]
        ranges = {rule.range_id: rule.range for rule in rules if rule.range_id}
        self._members = members_of(ranges.values(), list(product_ids)) if ranges else {}
        self._ranges = {pk: self._known(row) for pk, row in ranges.items()}
        self.offers = [self._with_known_ranges(offer) for offer in offers]
        self._prices: dict[Hashable, OfferPrice | None] = {}
        self._offers_for = defaultdict(list)
        for offer in self.offers:
            own = {rule.range_id for rule in (offer.condition, offer.benefit)}
            for pk in set().union(*(self._members.get(range_id, ()) for range_id in own)):
                self._offers_for[pk].append(offer)

    def _known(self, row: AbstractRange) -> AbstractRange:
        """A copy of a range with its members loaded; a range with a proxy class stays as it is."""
        if row.proxy_class:
            return row
        known, members = copy(row), self._members[row.pk]
        known.contains_product = lambda product: product.pk in members
        return known

    def _with_known_ranges(self, offer: AbstractConditionalOffer) -> AbstractConditionalOffer:
        known = copy(offer)
        known.condition = self._of_known_range(offer.condition)
        known.benefit = self._of_known_range(offer.benefit)
        return known

    def _of_known_range(self, rule: Any) -> Any:
        # Oscar stores counts on the rule.
        rule = copy(rule)
        rule.range = self._ranges.get(rule.range_id)
        return rule

    def offers_for(self, product_id: int) -> Sequence[AbstractConditionalOffer]:
        """The offers with a range that contains the product, active or not."""
        return self._offers_for.get(product_id, ())

    def running(self, product_id: int, at: datetime) -> list[AbstractConditionalOffer]:
        """The offers for a product that are active at a moment."""
        return [
            offer
            for offer in self.offers_for(product_id)
            if has_begun(offer, at) and has_not_ended(offer, at)
        ]

    def moments(self, product_id: int) -> set[datetime]:
        """The start and end times of the offers for a product."""
        moments = set()
        for offer in self.offers_for(product_id):
            moments |= {offer.start_datetime, offer_end(offer)} - {None}
        return moments

    def price_of_one(
        self, stockrecord: AbstractStockRecord, price: Decimal, *, at: datetime
    ) -> OfferPrice | None:
        """The price of one unit under the offers active at a moment, given its price before offers.

        None if no offer lowers it.
        """
        product = stockrecord.product
        offers = self.running(product.pk, at)
        if not offers or not price:
            return None
        memberships = frozenset(
            pk for pk, members in self._members.items() if product.pk in members
        )
        keys = tuple(offer.pk for offer in offers)
        key = (price, product.is_discountable, keys, memberships)
        if key not in self._prices:
            self._prices[key] = _price_in_basket(stockrecord, price, offers)
        return self._prices[key]


def has_begun(offer: AbstractConditionalOffer, at: datetime) -> bool:
    """Whether an offer has started."""
    return offer.start_datetime is None or offer.start_datetime <= at


def has_not_ended(offer: AbstractConditionalOffer, at: datetime) -> bool:
    """Whether an offer has not ended yet."""
    return offer.end_datetime is None or at <= offer.end_datetime


def offer_end(offer: AbstractConditionalOffer) -> datetime | None:
    """The first moment at which an offer no longer applies; None if it has no end."""
    return offer.end_datetime and offer.end_datetime + INSTANT


class _BasketOfOne:
    """The part of a basket that the offer engine reads: one unit at a given price."""

    owner = None
    #: Set by the engine.
    offer_applications: Iterable[Mapping[str, Any]]

    def __init__(self, stockrecord: AbstractStockRecord, price: Decimal) -> None:
        self.currency = stockrecord.price_currency
        self.line = get_model("basket", "Line")(
            product=stockrecord.product, stockrecord=stockrecord, quantity=1
        )
        fixed = TaxInclusiveFixedPrice(self.currency, excl_tax=price, tax=Decimal(0))
        self.line._info = PurchaseInfo(price=fixed, availability=None, stockrecord=stockrecord)

    def all_lines(self) -> list[AbstractLine]:
        return [self.line]


def _price_in_basket(
    stockrecord: AbstractStockRecord,
    price: Decimal,
    offers: Iterable[AbstractConditionalOffer],
) -> OfferPrice | None:
    basket = _BasketOfOne(stockrecord, price)
    get_class("offer.applicator", "Applicator")().apply_offers(basket, offers)
    after = basket.line.line_price_incl_tax_incl_discounts
    if after >= price:
        return None
    applied = {row["offer"].pk for row in basket.offer_applications if row["discount"] > 0}
    return OfferPrice(
        price=Decimal(after),
        offers=tuple(offer for offer in offers if offer.pk in applied),
    )


def products_in_ranges(range_ids: Iterable[int]) -> set[int]:
    """Keys of the products in these ranges, including variants."""
    ranges = get_model("offer", "Range").objects.filter(pk__in=range_ids)
    return {pk for found in ranges for pk in found.all_products().values_list("pk", flat=True)}


def range_ids_of(offers: Iterable[AbstractConditionalOffer]) -> set[int]:
    """Keys of the ranges used by the conditions and benefits of offers."""
    rules = (rule for offer in offers for rule in (offer.condition, offer.benefit))
    return {rule.range_id for rule in rules} - {None}
