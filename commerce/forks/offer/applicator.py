from oscar.apps.offer.applicator import Applicator as OscarApplicator


class Applicator(OscarApplicator):
    """Oscar's engine; what it says an offer took off is what the lines were given, to the cent."""

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
