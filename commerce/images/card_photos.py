"""The photographs of cards, as the read model of lists stores them."""

from collections import defaultdict
from dataclasses import dataclass

from wagtail.images import get_image_model

from commerce.bulk_sql import literal_in
from commerce.images.photos import SHARE_SPEC
from commerce.images.pictures import Sources, know_sizes, original
from commerce.models import ProductPhoto


@dataclass(frozen=True)
class CardPhoto:
    """A photograph by the key of its image. ``share`` is the size that links show, or None."""

    pk: int
    sources: Sources
    share: list | None


def photos_of(product_ids):
    """``{product_id: [CardPhoto]}`` in their order. Three queries at most.

    A photograph whose sizes are not made yet is shown as it is: making them takes seconds, and this
    runs in the transaction of a change (``index.photographs.render_photo_task`` makes them and has the
    listing refreshed).
    """
    rows = ProductPhoto.objects.filter(product_image__product__in=literal_in(product_ids))
    rows = rows.order_by("product_image__display_order", "product_image_id")
    rows = list(rows.values_list("product_image__product_id", "image_id"))
    images = get_image_model().objects.in_bulk({image_id for _product_id, image_id in rows})
    sizes = know_sizes(images.values())
    made = {pk: _card_photo(image, sizes[pk]) for pk, image in images.items()}
    photos = defaultdict(list)
    for product_id, image_id in rows:
        photos[product_id].append(made[image_id])
    return photos


def _card_photo(image, sizes):
    size = sizes.by_spec.get(SHARE_SPEC)
    share = [size.url, size.width, size.height] if size else None
    return CardPhoto(image.pk, sizes.sources or original(image), share)
