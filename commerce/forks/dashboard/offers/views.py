from oscar.apps.dashboard.offers.views import *
from oscar.apps.dashboard.offers.views import OfferListView as OscarOfferListView


class OfferListView(OscarOfferListView):
    """Has an order that holds from page to page: counting vouchers takes the model's away."""

    def get_queryset(self):
        offers = super().get_queryset()
        return offers if offers.ordered else offers.order_by(*self.model._meta.ordering)
