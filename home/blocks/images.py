"""Image blocks: heroes, photographs, galleries and features."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.models import AbstractImage

from home.blocks.base import ContentBlock
from home.choosers.blocks import PhotoChooserBlock
from home.links import OptionalLinkBlock


class HeroBlock(ContentBlock):
    """A large photograph with a heading on it or beside it. Editors place it first."""

    image = PhotoChooserBlock(label=_("Photograph"))
    phone_image = PhotoChooserBlock(
        required=False,
        label=_("Photograph on phones"),
        help_text=_("Upright, 4:5. Without one, phones show the middle of the photograph."),
    )
    heading = blocks.CharBlock(max_length=80, label=_("Heading"))
    text = blocks.TextBlock(required=False, max_length=240, label=_("Text"))
    link = OptionalLinkBlock(label=_("Button"))
    layout = blocks.ChoiceBlock(
        choices=[
            ("full", _("Text on the photograph")),
            ("short", _("Text on the photograph, lower")),
            ("split", _("Text beside the photograph")),
        ],
        default="full",
        label=_("Layout"),
    )

    class Meta:
        icon = "image"
        label = _("Hero")
        template = "home/blocks/hero.html"


class ImageBlock(ContentBlock):
    """One photograph, as wide as the text, the page or the screen."""

    image = PhotoChooserBlock(label=_("Photograph"))
    caption = blocks.CharBlock(required=False, max_length=200, label=_("Caption"))
    width = blocks.ChoiceBlock(
        choices=[
            ("text", _("As wide as the text")),
            ("page", _("As wide as the page")),
            ("full", _("As wide as the screen")),
        ],
        default="text",
        label=_("Width"),
    )

    class Meta:
        icon = "image"
        label = _("Photograph")
        template = "home/blocks/image.html"


class GalleryImageBlock(blocks.StructBlock):
    """A photograph in a gallery, with a caption."""

    image = PhotoChooserBlock(label=_("Photograph"))
    caption = blocks.CharBlock(required=False, max_length=120, label=_("Caption"))


class GalleryBlock(ContentBlock):
    """Two to eight photographs side by side."""

    heading = blocks.CharBlock(required=False, max_length=80, label=_("Heading"))
    images = blocks.ListBlock(GalleryImageBlock(), min_num=2, max_num=8, label=_("Photographs"))

    class Meta:
        icon = "copy"
        label = _("Gallery")
        template = "home/blocks/gallery.html"

    def share_image(self, value: blocks.StructValue) -> AbstractImage | None:
        """The first photograph of the gallery."""
        images = value["images"]
        return images[0]["image"] if images else None


class FeatureBlock(ContentBlock):
    """A photograph next to a short text and a link."""

    can_be_sheet = True

    image = PhotoChooserBlock(label=_("Photograph"))
    eyebrow = blocks.CharBlock(required=False, max_length=40, label=_("Line above the heading"))
    heading = blocks.CharBlock(max_length=80, label=_("Heading"))
    text = blocks.TextBlock(required=False, max_length=400, label=_("Text"))
    link = OptionalLinkBlock(label=_("Link"))
    image_side = blocks.ChoiceBlock(
        choices=[("start", _("Before the text")), ("end", _("After the text"))],
        default="start",
        label=_("Position of the photograph"),
    )
    layout = blocks.ChoiceBlock(
        choices=[
            ("half", _("Half and half")),
            ("bleed", _("Large, to the edge of the screen")),
            ("tall", _("Narrow and upright, with more room for the text")),
        ],
        default="half",
        label=_("Size of the photograph"),
    )

    class Meta:
        icon = "doc-full-inverse"
        label = _("Photograph and text")
        template = "home/blocks/feature.html"
