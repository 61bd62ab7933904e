"""Photographs that editors upload."""

from wagtail.images.forms import BaseImageForm

from commerce.image_uploads import photographs_only


class ImageForm(BaseImageForm):
    """Refuses what is no photograph, is damaged, or is too large to be decoded (commerce.image_uploads)."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        photographs_only(self, "file")
