"""Offers that hold for one unit of a piece, without a code: docs/pricing.md, stage 3.

What an offer takes off is asked of Oscar's own engine, over a basket that holds that unit alone, so
that a card and the basket cannot disagree.
"""

import logging
from collections import defaultdict
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from oscar.apps.partner.prices import TaxInclusiveFixedPrice
from oscar.apps.partner.strategy import PurchaseInfo
from oscar.core.loading import get_class, get_model

from commerce.models.cache_tags import OFFERS
from commerce.page_cache.dependencies import depends_on
from commerce.pricing.range_members import members_of

log = logging.getLogger(__name__)

#: Oscar's offers hold to their last moment; windows end before their ``until``.
INSTANT = timedelta(microseconds=1)
#: Benefits that lower what delivery costs, and no price.
SHIPPING = ("Shipping percentage", "Shipping absolute", "Shipping fixed price")


@dataclass(frozen=True)
class OfferPrice:
    """One unit's price after the offers of a moment, and the offers that made it."""

    price: Decimal
    excl_tax: Decimal
    offers: tuple


def site_offers():
    """Open offers for everybody, in the order in which the basket applies them, whenever they run.

    Two queries: with their rules, and the ranges of these.
    """
    depends_on(OFFERS)
    ConditionalOffer = get_model("offer", "ConditionalOffer")
    offers = ConditionalOffer.objects.filter(
        offer_type=ConditionalOffer.SITE, status=ConditionalOffer.OPEN
    )
    return with_rules(offers.select_related("condition", "benefit"))


def with_rules(offers):
    """The offers with rules that know their kind and their range; one query more.

    Oscar makes the kind anew at each question, and each reads its range. An offer whose rule is of no
    kind that we know is left out: it must not take the shop with it.
    """
    offers, known = list(offers), []
    ranges = get_model("offer", "Range").objects.in_bulk(range_ids_of(offers))
    for offer in offers:
        try:
            offer.condition, offer.benefit = offer.condition.proxy(), offer.benefit.proxy()
        except RuntimeError as error:
            log.error("The offer %s counts for nothing: %s", offer.pk, error)
            continue
        for rule in (offer.condition, offer.benefit):
            rule.range = ranges.get(rule.range_id)
        known.append(offer)
    return known


def automatic_offers():
    """Offers that may lower the price of one unit, in the order in which the basket applies them.

    For everybody, without a code, open, and not used up. An offer with a limit for each customer is
    none of them: its price is not the same for everybody.
    """
    return [offer for offer in site_offers() if _may_hold_for_one(offer)]


def _may_hold_for_one(offer):
    if offer.max_user_applications:
        return False
    condition, benefit = offer.condition, offer.benefit
    needs_more = condition.type in (condition.COUNT, condition.COVERAGE) and condition.value > 1
    is_about_delivery = benefit.type in SHIPPING
    return not needs_more and not is_about_delivery and offer.get_max_applications() > 0


def with_known_ranges(offers, product_ids):
    """Copies of offers that know which of the products their ranges hold; constant in queries.

    Oscar asks for each offer and product.
    """
    return OfferBook(product_ids, offers=offers).offers


class OfferBook:
    """The automatic offers for some products, their ranges looked up at once.

    No query without offers; two for all ranges otherwise, whatever the number of products.
    """

    def __init__(self, product_ids, *, offers=None):
        offers = automatic_offers() if offers is None else offers
        rules = [rule for offer in offers for rule in (offer.condition, offer.benefit)]
        ranges = {rule.range_id: rule.range for rule in rules if rule.range_id}
        self._members = members_of(ranges.values(), list(product_ids)) if ranges else {}
        self._ranges = {pk: self._known(row) for pk, row in ranges.items()}
        self.offers = [self._with_known_ranges(offer) for offer in offers]
        self._prices = {}
        self._offers_for = defaultdict(list)
        for offer in self.offers:
            ranges = {rule.range_id for rule in (offer.condition, offer.benefit)}
            for pk in set().union(*(self._members.get(range_id, ()) for range_id in ranges)):
                self._offers_for[pk].append(offer)

    def _known(self, row):
        """A copy of a range that knows what it holds; one that staff programmed says so itself."""
        if row.proxy_class:
            return row
        known, members = copy(row), self._members[row.pk]
        known.contains_product = lambda product: product.pk in members
        return known

    def _with_known_ranges(self, offer):
        known = copy(offer)
        known.condition = self._of_known_range(offer.condition)
        known.benefit = self._of_known_range(offer.benefit)
        return known

    def _of_known_range(self, rule):
        rule = copy(rule)  # Oscar notes on it what it counted.
        rule.range = self._ranges.get(rule.range_id)
        return rule

    def offers_for(self, product_id):
        """The offers of which one of the ranges has the product, at whatever moment."""
        return self._offers_for.get(product_id, ())

    def running(self, product_id, at):
        """The same that hold at a moment."""
        return [
            offer for offer in self.offers_for(product_id) if begins(offer, at) and lasts(offer, at)
        ]

    def moments(self, product_id):
        """When an offer for the product begins or ends."""
        moments = set()
        for offer in self.offers_for(product_id):
            moments |= {offer.start_datetime, until_of(offer)} - {None}
        return moments

    def price_of_one(self, stockrecord, price, *, excl_tax, at):
        """What one unit costs at a moment under the offers, from its price before them.

        None where no offer lowers it.
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
            self._prices[key] = _price_in_basket(stockrecord, price, excl_tax, offers)
        return self._prices[key]


def begins(offer, at):
    """Whether an offer has begun."""
    return offer.start_datetime is None or offer.start_datetime <= at


def lasts(offer, at):
    """Whether an offer is not over."""
    return offer.end_datetime is None or at <= offer.end_datetime


def until_of(offer):
    """The first moment at which an offer does not hold any more; None where it has no end."""
    return offer.end_datetime and offer.end_datetime + INSTANT


class _BasketOfOne:
    """As much of a basket as the engine of offers asks for: one unit at a known price."""

    owner = None

    def __init__(self, stockrecord, price, excl_tax):
        self.currency = stockrecord.price_currency
        self.line = get_model("basket", "Line")(
            product=stockrecord.product, stockrecord=stockrecord, quantity=1
        )
        fixed = TaxInclusiveFixedPrice(self.currency, excl_tax=excl_tax, tax=price - excl_tax)
        self.line._info = PurchaseInfo(price=fixed, availability=None, stockrecord=stockrecord)

    def all_lines(self):
        return [self.line]


def _price_in_basket(stockrecord, price, excl_tax, offers):
    basket = _BasketOfOne(stockrecord, price, excl_tax)
    get_class("offer.applicator", "Applicator")().apply_offers(basket, offers)
    after = basket.line.line_price_incl_tax_incl_discounts
    if after >= price:
        return None
    applied = {row["offer"].pk for row in basket.offer_applications if row["discount"] > 0}
    return OfferPrice(
        price=Decimal(after),
        excl_tax=Decimal(basket.line.line_price_excl_tax_incl_discounts),
        offers=tuple(offer for offer in offers if offer.pk in applied),
    )


def products_in_ranges(range_ids):
    """Keys of the products that these ranges hold, variants among them."""
    ranges = get_model("offer", "Range").objects.filter(pk__in=range_ids)
    return {pk for found in ranges for pk in found.all_products().values_list("pk", flat=True)}


def range_ids_of(offers):
    """Keys of the ranges that the conditions and benefits of offers name."""
    rules = (rule for offer in offers for rule in (offer.condition, offer.benefit))
    return {rule.range_id for rule in rules} - {None}
