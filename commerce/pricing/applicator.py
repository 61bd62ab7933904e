"""Oscar's offer engine, with fewer queries and exact discounts per offer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from oscar.apps.offer.applicator import Applicator as OscarApplicator
from oscar.apps.offer.results import OfferApplications

from commerce.clock import shop_now
from commerce.models import User
from commerce.pricing.automatic_offers import (
    has_begun,
    has_not_ended,
    site_offers,
    with_loaded_ranges,
    with_rules,
)
from commerce.pricing.best_offers import best_plan, one_of_each
from commerce.pricing.voucher_terms import buyer_of, refusal_for, refusal_of_dates

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket
    from oscar.apps.offer.abstract_models import AbstractConditionalOffer


class Applicator(OscarApplicator):
    """Applies offers to a basket.

    Range membership is read once for the whole basket, not once per line. The discount reported for
    an offer is the sum of what its lines received, to the cent.
    """

    def apply(
        self,
        basket: AbstractBasket,
        user: User | AnonymousUser | None = None,
        request: HttpRequest | None = None,
    ) -> None:
        offers = self.get_offers(basket, user, request)
        products = {line.product_id for line in basket.all_lines()} if offers else ()
        self.apply_offers(basket, with_loaded_ranges(offers, products))

    def get_basket_offers(
        self, basket: AbstractBasket, user: User | AnonymousUser
    ) -> list[AbstractConditionalOffer]:
        """The offers of the basket's vouchers that this buyer may use at ``shop_now()``."""
        if not basket.pk or not user:
            return []
        offers, buyer = [], buyer_of(basket, user)
        for voucher in sorted(basket.vouchers.all(), key=attrgetter("pk")):
            if not (refusal_of_dates(voucher) or refusal_for(voucher, buyer)):
                for offer in voucher.offers.all():
                    offer.set_voucher(voucher)
                    offers.append(offer)
        return with_rules(offers)

    def get_site_offers(self) -> list[AbstractConditionalOffer]:
        """The site offers that are active now, read from the database."""
        now = shop_now()
        return [
            offer for offer in site_offers() if has_begun(offer, now) and has_not_ended(offer, now)
        ]

    def apply_offers(
        self, basket: AbstractBasket, offers: Iterable[AbstractConditionalOffer]
    ) -> None:
        """Apply the offers that save most together (``commerce.pricing.best_offers``).

        ``basket.offer_plan`` then says what each would save alone, and its rivals.
        """
        rows = one_of_each(offers)
        limits = {offer.pk: offer.get_max_applications(basket.owner) for offer in rows}
        apply = partial(_apply, basket, limits)
        basket.offer_plan = best_plan(basket, rows, apply)
        basket.offer_applications = apply(basket.offer_plan.offers)
        for application in basket.offer_applications:
            given = [
                discount.amount
                for line in basket.all_lines()
                for discount in line.discounts.all()
                if discount.offer == application["offer"]
            ]
            if application["result"].affects_basket:
                application["discount"] = sum(given, Decimal(0))
        basket.offer_applications.applications = {
            pk: row
            for pk, row in basket.offer_applications.applications.items()
            if row["discount"] or not row["result"].affects_basket
        }


def _apply(
    basket: AbstractBasket, limits: Mapping[int, int], offers: Iterable[AbstractConditionalOffer]
) -> OfferApplications:
    """Apply offers in order to the lines without discounts, each as often as it can be."""
    for line in basket.all_lines():
        line.clear_discount()
    applications = OfferApplications()
    for offer in offers:
        spent = offer.total_discount
        for _number in range(limits[offer.pk]):
            result = offer.apply_benefit(basket)
            if not result.is_successful:
                break
            applications.add(offer, result)
            spent += result.discount
            # As in Oscar, the last use may exceed the budget.
            if result.is_final or (offer.max_discount and spent >= offer.max_discount):
                break
    return applications
