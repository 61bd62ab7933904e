"""Making a rendition of an image whose key is known, in a task."""

from wagtail.images import get_image_model


def render(image_id: int, spec: str) -> bool:
    """Make the rendition; returns whether the image exists."""
    image = get_image_model().objects.filter(pk=image_id).first()
    if image is not None:
        image.get_rendition(spec)
    return image is not None
