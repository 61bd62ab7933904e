"""Refreshes the listings whose prices depend on automatic offers."""

from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Q
from oscar.core.loading import get_model
from pyroaring import BitMap

from commerce.index.listing_builder import OFFER
from commerce.index.postings import as_set
from commerce.index.refresh_queue import refresh_many
from commerce.models import Term
from commerce.models.cache_tags import OFFERS
from commerce.page_cache.versions import invalidate
from commerce.pricing.automatic_offers import (
    automatic_offers,
    products_in_ranges,
    range_ids_of,
)

ConditionalOffer = get_model("offer", "ConditionalOffer")


def refresh_offers(offer_ids: Iterable[int]) -> None:
    """Refresh the listings that these offers applied to before and those they apply to now.

    See ``refresh_many``.
    """
    offer_ids = set(offer_ids)
    if not offer_ids:
        return
    now = [offer for offer in automatic_offers() if offer.pk in offer_ids]
    ids = products_in_ranges(range_ids_of(now)) | _priced_with(offer_ids)
    refresh_many(ids, prices_only=True)


def _priced_with(offer_ids: Iterable[int]) -> set[int]:
    """The products whose stored prices consider these offers."""
    terms = Term.objects.filter(kind=OFFER, value__in=[str(pk) for pk in offer_ids])
    return set(BitMap.union(BitMap(), *map(as_set, terms.values_list("bitmap", flat=True))))


def refresh_ranges(range_ids: Iterable[int]) -> None:
    """Refresh the listings affected by offers on these ranges."""
    named = Q(condition__range__in=range_ids) | Q(benefit__range__in=range_ids)
    refresh_offers(ConditionalOffer.objects.filter(named).values_list("pk", flat=True))


def refresh_limited_offers(offer_ids: Iterable[int]) -> None:
    """Refresh what limited offers price: an order may use one up, a cancellation may reopen it."""
    ids = list(offer_ids)
    transaction.on_commit(lambda: _refresh_limits(ids), robust=True)


def _refresh_limits(offer_ids: Collection[int]) -> None:
    limited = ConditionalOffer.objects.filter(pk__in=offer_ids).exclude(
        max_global_applications=None, max_discount=None
    )
    open_ids = {offer.pk for offer in automatic_offers()}
    changed = [
        offer.pk for offer in limited if bool(_priced_with([offer.pk])) != (offer.pk in open_ids)
    ]
    if changed:
        invalidate(OFFERS)
        refresh_offers(changed)
