"""The base class of body blocks: what the rest of the app needs to know about each."""

from wagtail import blocks
from wagtail.images.models import AbstractImage


class ContentBlock(blocks.StructBlock):
    """A block of a page's body. Subclasses override what differs.

    Texts and products need no declaration: the search finds them by the classes of the child
    blocks (``home.page_text_index``).
    """

    #: Whether ``body_of`` may pass ``is_sheet=True`` to the template.
    can_be_sheet = False

    def share_image(self, value: blocks.StructValue) -> AbstractImage | None:
        """The photograph for link previews of a page that shows the block: the child ``image``.

        None without a photograph, or if it was deleted.
        """
        image: AbstractImage | None = value.get("image")
        return image
