"""Teaser blocks: tiles that link to categories and pages, and banners."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.models import AbstractImage

from home.blocks.base import ContentBlock
from home.choosers.blocks import (
    CategoryChooserBlock,
    PageChooserBlock,
    PhotoChooserBlock,
    SnippetChooserBlock,
)


class TeaserBlock(blocks.StructBlock):
    """One tile: a photograph that links to a category or a page."""

    image = PhotoChooserBlock(label=_("Photograph"))
    category = CategoryChooserBlock(required=False, label=_("Category"))
    page = PageChooserBlock(required=False, label=_("Or a page"))
    heading = blocks.CharBlock(
        required=False,
        max_length=60,
        label=_("Heading"),
        help_text=_("Defaults to the name of the category or page."),
    )
    text = blocks.CharBlock(required=False, max_length=100, label=_("Line below"))


class CategoryTeaserBlock(ContentBlock):
    """One to four tiles that link into the shop."""

    heading = blocks.CharBlock(required=False, max_length=80, label=_("Heading"))
    tiles = blocks.ListBlock(TeaserBlock(), min_num=1, max_num=4, label=_("Tiles"))
    layout = blocks.ChoiceBlock(
        choices=[
            ("row", _("In a row")),
            ("tall", _("In a row, upright")),
            ("lead", _("The first one large")),
        ],
        default="row",
        label=_("Layout"),
    )

    class Meta:
        icon = "folder-open-inverse"
        label = _("Categories")
        template = "home/blocks/category_teaser.html"

    def get_context(
        self, value: blocks.StructValue, parent_context: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        context = super().get_context(value, parent_context=parent_context)
        context["tiles"] = [tile for row in value["tiles"] if (tile := _tile(row))]
        return context


def _tile(row: blocks.StructValue) -> dict[str, Any] | None:
    """The context of a tile's template; None if its target was deleted, unpublished or hidden."""
    category, page = row["category"], row["page"]
    if category is not None and category.is_browsable:
        url, name = category.get_absolute_url(), category.name
    elif page is not None and page.live:
        url, name = page.url, page.title
    else:
        return None
    return {
        "url": url,
        "heading": row["heading"] or name,
        "text": row["text"],
        "image": row["image"],
    }


class BannerBlock(ContentBlock):
    """A banner from the snippets, shared by several pages."""

    can_be_sheet = True

    banner = SnippetChooserBlock("home.Banner", label=_("Banner"))

    class Meta:
        icon = "pick"
        label = _("Banner")
        template = "home/blocks/banner.html"

    def share_image(self, value: blocks.StructValue) -> AbstractImage | None:
        """The photograph of the banner."""
        return value["banner"].image if value["banner"] else None
