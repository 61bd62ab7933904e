"""Oscar's offer engine: which offers a basket gets, and what each took off."""

from django.utils import timezone
from oscar.apps.offer.applicator import Applicator as OscarApplicator

from commerce.pricing.automatic_offers import (
    begins,
    lasts,
    site_offers,
    with_known_ranges,
    with_rules,
)


class Applicator(OscarApplicator):
    """Oscar's engine. It asks for what a range holds once, not for each line; what it says an offer
    took off is what the lines were given, to the cent."""

    def apply(self, basket, user=None, request=None):
        offers = self.get_offers(basket, user, request)
        products = {line.product_id for line in basket.all_lines()} if offers else ()
        self.apply_offers(basket, with_known_ranges(offers, products))

    def get_basket_offers(self, basket, user):
        return with_rules(super().get_basket_offers(basket, user))

    def get_site_offers(self):
        """Those of the moment, read from the database."""
        now = timezone.now()
        return [offer for offer in site_offers() if begins(offer, now) and lasts(offer, now)]

    def apply_offers(self, basket, offers):
        super().apply_offers(basket, offers)
        for application in basket.offer_applications:
            given = [
                discount.amount
                for line in basket.all_lines()
                for discount in line.discounts.all()
                if discount.offer == application["offer"]
            ]
            if given:
                application["discount"] = sum(given)
