"""Registers which cached pages show the rows of Oscar's models.

Products and their relations are handled by ``commerce.index``. Rows of one customer and rows of the
dashboard are not on cached pages.
"""

from collections.abc import Collection
from typing import Any

from oscar.core.loading import get_model

from commerce.catalogue.cdn import purge_soon
from commerce.models.cache_tags import OFFERS, product_tag
from commerce.page_cache import versions
from commerce.page_cache.invalidation import shown_on_pages


def _recommended_on(row: Any) -> tuple[str]:
    return (product_tag(row.primary_id),)


def _reviewed_on(vote: Any) -> tuple[str]:
    return (product_tag(vote.review.product_id),)


shown_on_pages(
    "address.country",
    "catalogue.attributeoption",
    "catalogue.attributeoptiongroup",
    "catalogue.option",
    "catalogue.productattribute",
    "catalogue.productclass",
    "partner.partner",
    "sites.site",
)
shown_on_pages(
    "offer.benefit",
    "offer.condition",
    "offer.conditionaloffer",
    "offer.range",
    "offer.rangeproduct",
    tags_of=lambda row: (OFFERS,),
)
shown_on_pages("catalogue.productrecommendation", tags_of=_recommended_on)
shown_on_pages("reviews.vote", tags_of=_reviewed_on)


def _reviews_of(user: Any) -> Collection[str]:
    """Reviews show their author's name."""
    if user.pk is None:  # An unsaved instance, as a changed relation may pass.
        return ()
    rows = get_model("reviews", "ProductReview").objects.filter(user=user)
    return {product_tag(pk) for pk in rows.values_list("product_id", flat=True)}


shown_on_pages("commerce.user", tags_of=_reviews_of, unseen={"last_login"})
versions.listeners.append(purge_soon)
