"""The photos of cards, in the form stored in the listing index."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from wagtail.images import get_image_model
from wagtail.images.models import AbstractImage

from commerce.bulk_sql import literal_in
from commerce.images.photos import SHARE_SPEC
from commerce.images.pictures import Sizes, Sources, load_sizes, original
from commerce.models import ProductPhoto


@dataclass(frozen=True)
class CardPhoto:
    """A photo, by the key of its image.

    ``share`` is the Open Graph size, or None. ``options`` are the values that it is for, ``(value
    key, group key)``; none if it is for all.
    """

    pk: int
    sources: Sources
    share: list[Any] | None
    options: tuple[tuple[int, int], ...] = ()

    @property
    def card_url(self) -> str:
        """The URL at the size of a card in the most common format."""
        sizes = self.sources[-1][1]
        return sizes[min(1, len(sizes) - 1)][0]


def photos_of(product_ids: Collection[int]) -> dict[int, list[CardPhoto]]:
    """``{product_id: [CardPhoto]}`` in order. Four queries at most.

    A photo whose sizes do not exist yet is used unscaled: rendering takes seconds, and this runs in
    the transaction of a change. ``index.photographs.render_photo_task`` renders the sizes and
    refreshes the listing.
    """
    rows = ProductPhoto.objects.filter(product_image__product__in=literal_in(product_ids))
    rows = rows.order_by("product_image__display_order", "product_image_id")
    shown = list(rows.values_list("pk", "product_image__product_id", "image_id"))
    options = _options_of(pk for pk, *_row in shown)
    images = get_image_model().objects.in_bulk({image_id for *_row, image_id in shown})
    sizes = load_sizes(images.values())
    made = {pk: _card_photo(image, sizes[pk]) for pk, image in images.items()}
    photos = defaultdict(list)
    for pk, product_id, image_id in shown:
        photo, own = made[image_id], options.get(pk)
        photos[product_id].append(replace(photo, options=tuple(own)) if own else photo)
    return photos


def _options_of(photo_ids: Iterable[int]) -> dict[int, list[tuple[int, int]]]:
    """The values that photos are for, ``{photo key: [(value key, group key)]}``."""
    keys, found = list(photo_ids), defaultdict(list)
    if keys:
        through = ProductPhoto.options.through.objects.filter(productphoto__in=literal_in(keys))
        names = ("productphoto_id", "attributeoption_id", "attributeoption__group_id")
        for pk, value, group in through.order_by("pk").values_list(*names):
            found[pk].append((value, group))
    return found


def _card_photo(image: AbstractImage, sizes: Sizes) -> CardPhoto:
    size = sizes.by_spec.get(SHARE_SPEC)
    share = [size.url, size.width, size.height] if size else None
    return CardPhoto(image.pk, sizes.sources or original(image), share)
