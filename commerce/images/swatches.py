"""The pictures of swatches: finding and making their renditions."""

from collections.abc import Collection

from wagtail.images import get_image_model

#: The rendition of a swatch: twice the size of the largest on a page.
SWATCH_SPEC = "fill-96x96"


def swatches_of(image_ids: Collection[int]) -> dict[int, str]:
    """The URLs of swatches by image key; the whole image until its rendition exists.

    Two queries; none without images. Never renders, because it runs in transactions.
    """
    if not image_ids:
        return {}
    images = get_image_model().objects.in_bulk(image_ids)
    renditions = get_image_model().get_rendition_model().objects
    rows = renditions.filter(image__in=images, filter_spec=SWATCH_SPEC).order_by("pk")
    made = {rendition.image_id: rendition.url for rendition in rows}
    return {pk: made.get(pk) or image.file.url for pk, image in images.items()}
