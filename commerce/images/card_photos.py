"""The photos of cards, in the form stored in the listing index."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from wagtail.images import get_image_model
from wagtail.images.models import AbstractImage

from commerce.bulk_sql import literal_in
from commerce.images.photos import SHARE_SPEC
from commerce.images.pictures import Sizes, Sources, load_sizes, original
from commerce.models import ProductPhoto


@dataclass(frozen=True)
class CardPhoto:
    """A photo, by the key of its image. ``share`` is the Open Graph size, or None."""

    pk: int
    sources: Sources
    share: list[Any] | None


def photos_of(product_ids: Collection[int]) -> dict[int, list[CardPhoto]]:
    """``{product_id: [CardPhoto]}`` in order. Three queries at most.

    A photo whose sizes do not exist yet is used unscaled: rendering takes seconds, and this runs in
    the transaction of a change. ``index.photographs.render_photo_task`` renders the sizes and
    refreshes the listing.
    """
    rows = ProductPhoto.objects.filter(product_image__product__in=literal_in(product_ids))
    rows = rows.order_by("product_image__display_order", "product_image_id")
    shown = list(rows.values_list("product_image__product_id", "image_id"))
    images = get_image_model().objects.in_bulk({image_id for _product_id, image_id in shown})
    sizes = load_sizes(images.values())
    made = {pk: _card_photo(image, sizes[pk]) for pk, image in images.items()}
    photos = defaultdict(list)
    for product_id, image_id in shown:
        photos[product_id].append(made[image_id])
    return photos


def _card_photo(image: AbstractImage, sizes: Sizes) -> CardPhoto:
    size = sizes.by_spec.get(SHARE_SPEC)
    share = [size.url, size.width, size.height] if size else None
    return CardPhoto(image.pk, sizes.sources or original(image), share)
