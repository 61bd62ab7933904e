"""The photographs of cards: whose they are, and their markup, made once for each photograph."""

from collections import defaultdict
from dataclasses import dataclass

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from wagtail.images import get_image_model

from commerce.bulk_sql import among
from commerce.images.photos import SHARE_SPEC
from commerce.images.pictures import LAZY, know_sizes, photo_html
from commerce.models import ProductPhoto

#: How wide a card's photograph is shown; its column is four, three or two to a row.
CARD_SIZES = "(min-width: 1400px) 320px, (min-width: 960px) 25vw, 46vw"
#: What stands in markup for a text of its own; no text contains it.
ALT = "\ue000alt\ue001"


@dataclass(frozen=True)
class CardPhoto:
    """A photograph by the key of its image. ``share`` is the size that links show, or None."""

    pk: int
    markup: str
    share: list | None

    def html(self, alt):
        """Its markup on a card."""
        return self.markup.replace(ALT, escape(alt))


def photos_of(product_ids):
    """``{product_id: [CardPhoto]}`` in their order. Three queries at most.

    One whose sizes are not made yet is shown as it is: making them takes seconds, and this runs in
    the transaction of a change (commerce.index.photographs.render_photo_task makes them and has the listing
    refreshed).
    """
    rows = ProductPhoto.objects.filter(product_image__product__in=among(product_ids))
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
    if sizes.markup:
        markup = photo_html(image, alt=ALT, sizes=CARD_SIZES)
    else:
        markup = format_html(
            '<span class="photo"><img src="{}" width="{}" height="{}" alt="{}" {}></span>',
            image.file.url, image.width, image.height, ALT, SafeString(LAZY),
        )  # fmt: skip
    size = sizes.by_spec.get(SHARE_SPEC)
    return CardPhoto(image.pk, markup, [size.url, size.width, size.height] if size else None)
