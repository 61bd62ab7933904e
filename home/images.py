"""Images that editors upload."""

from typing import Any

from wagtail.images.forms import BaseImageForm

from commerce.images.uploads import photographs_only


class ImageForm(BaseImageForm):
    """Rejects files that are not images, are damaged or are too large to decode."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        photographs_only(self, "file")
