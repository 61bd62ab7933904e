"""The shop's logo in the size of the header. A task renders it, so that no page has to."""

from wagtail.images import get_image_model
from wagtail.images.models import AbstractRendition

#: Twice the size of the header, for dense screens.
LOGO_SPEC = "max-400x96|format-webp"


def rendered_logo(image_id: int) -> AbstractRendition | None:
    """The rendition of an image for the header; None if it is not rendered yet. One query."""
    renditions = get_image_model().get_rendition_model().objects
    return renditions.filter(image=image_id, filter_spec=LOGO_SPEC).first()
