"""The list of products on sale, with the public offers above it."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from oscar.apps.offer.views import OfferDetailView, RangeDetailView  # noqa: F401  found by Oscar
from oscar.core.loading import get_model

from commerce.catalogue.list_rules import ON_SALE
from commerce.clock import shop_now
from commerce.models.cache_tags import OFFERS
from commerce.page_cache.dependencies import depends_on, expires_by
from commerce.storefront.search import ListingView


class OfferListView(ListingView):
    """Every product on sale now, and the offers that need several items."""

    template_name = "oscar/offer/list.html"
    rule = ON_SALE

    def get_heading(self) -> str:
        return _("Offers")

    def get_description(self) -> str:
        return _("Sale prices and multi-buy offers.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(offers=running_offers(), **kwargs)


def running_offers() -> list[Any]:
    """The public offers that apply now; the page expires when the first of them changes."""
    at = shop_now()
    ConditionalOffer = get_model("offer", "ConditionalOffer")
    depends_on(OFFERS)
    offers = ConditionalOffer.objects.filter(
        Q(end_datetime=None) | Q(end_datetime__gte=at),
        offer_type=ConditionalOffer.SITE,
        status=ConditionalOffer.OPEN,
    )
    for offer in offers:
        later = (moment for moment in (offer.start_datetime, offer.end_datetime) if moment)
        expires_by(min((moment for moment in later if moment > at), default=None))
    return [offer for offer in offers if not offer.start_datetime or offer.start_datetime <= at]
