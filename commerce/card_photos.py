"""The photographs of cards: whose they are, and their markup, made once for each photograph."""

from collections import defaultdict

from django.template.loader import render_to_string
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from wagtail.images import get_image_model

from commerce.listings import LAZY
from commerce.models import ProductPhoto
from commerce.photos import specs_for

#: How wide a card's photograph is shown; its column is four, three or two to a row.
CARD_SIZES = "(min-width: 1400px) 320px, (min-width: 960px) 25vw, 46vw"
#: What stands in markup for a text of its own; no text contains it.
ALT = "\ue000alt\ue001"
#: Markup of so many photographs is remembered.
MOST = 5_000

_markup = {}


def photos_of(product_ids):
    """Wagtail's images of products, ``{product_id: [image]}`` in their order, renditions prefetched.

    A photograph that many products show is read once. Three queries.
    """
    rows = ProductPhoto.objects.filter(product_image__product__in=list(product_ids))
    rows = rows.order_by("product_image__display_order", "product_image_id")
    rows = list(rows.values_list("product_image__product_id", "image_id"))
    wanted = {image_id for _product_id, image_id in rows}
    images = get_image_model().objects.prefetch_related("renditions").in_bulk(wanted)
    photos = defaultdict(list)
    for product_id, image_id in rows:
        photos[product_id].append(images[image_id])
    return photos


def photo_html(image, alt):
    """The markup of a card's photograph.

    One whose sizes are not made yet is shown as it is: making them takes seconds, and this runs in
    the transaction of a change (commerce.tasks.render_photo_task makes them and has the listing
    refreshed).
    """
    key = _facts_of(image)
    markup = _markup.get(key)
    if markup is None:
        if len(_markup) >= MOST:
            _markup.clear()
        markup = _markup[key] = _render(image)
    return markup.replace(ALT, escape(alt))


def _facts_of(image):
    """All that the markup is made of but its text; computed once for an image that was read."""
    facts = image.__dict__.get("_card_facts")
    if facts is None:
        renditions = sorted(
            (row.filter_spec, row.file.name, row.width, row.height)
            for row in image.renditions.all()
        )
        facts = (image.pk, image.file.name, image.width, image.height, *renditions)
        image._card_facts = facts
    return facts


def _render(image):
    made = {rendition.filter_spec for rendition in image.renditions.all()}
    if not made.issuperset(specs_for(image)):
        markup = '<span class="photo"><img src="{}" width="{}" height="{}" alt="{}" {}></span>'
        return format_html(markup, image.file.url, image.width, image.height, ALT, SafeString(LAZY))
    context = {"image": image, "alt": ALT, "sizes": CARD_SIZES}
    return render_to_string("components/photo.html", context).strip()
