"""What the rows of Oscar's models are seen as on pages.

Products and what belongs to one are refreshed by ``commerce.index``; a customer's own rows and those
of the dashboard alone are on no cached page.
"""

from oscar.core.loading import get_model

from commerce.catalogue.cdn import purge_soon
from commerce.models.cache_tags import OFFERS, product_tag
from commerce.page_cache import versions
from commerce.page_cache.invalidation import shown_on_pages

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
shown_on_pages(
    "catalogue.productrecommendation", tags_of=lambda row: (product_tag(row.primary_id),)
)
shown_on_pages("reviews.vote", tags_of=lambda row: (product_tag(row.review.product_id),))


def _reviews_of(user):
    """A review shows its author's name."""
    rows = get_model("reviews", "ProductReview").objects.filter(user=user)
    return {product_tag(pk) for pk in rows.values_list("product_id", flat=True)} if user.pk else ()


shown_on_pages("commerce.user", tags_of=_reviews_of, unseen={"last_login"})
versions.listeners.append(purge_soon)
