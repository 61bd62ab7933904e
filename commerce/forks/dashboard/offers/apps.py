from oscar.apps.dashboard.offers.apps import OffersDashboardConfig as OscarOffersDashboardConfig


class OffersDashboardConfig(OscarOffersDashboardConfig):
    name = "commerce.forks.dashboard.offers"
