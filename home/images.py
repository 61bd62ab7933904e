"""Photographs that editors upload."""

from wagtail.images.forms import BaseImageForm

from commerce.images.uploads import photographs_only


class ImageForm(BaseImageForm):
    """Refuses what is no photograph, is damaged, or is too large to be decoded (commerce.images.uploads)."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        photographs_only(self, "file")
