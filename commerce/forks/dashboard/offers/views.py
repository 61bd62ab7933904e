from commerce.dashboard.offers import OfferDetailView, OfferListView  # noqa: F401
