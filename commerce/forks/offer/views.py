from commerce.storefront.offers import OfferListView  # noqa: F401
