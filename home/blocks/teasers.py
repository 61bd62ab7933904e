"""Teaser blocks: tiles that link to categories and pages, and banners."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from home.choosers.blocks import (
    CategoryChooserBlock,
    PageChooserBlock,
    PhotoChooserBlock,
    SnippetChooserBlock,
)


class TeaserBlock(blocks.StructBlock):
    """One tile: a category, or a page, behind a photograph."""

    image = PhotoChooserBlock(label=_("Photograph"))
    category = CategoryChooserBlock(required=False, label=_("Category"))
    page = PageChooserBlock(required=False, label=_("Or a page"))
    heading = blocks.CharBlock(
        required=False,
        max_length=60,
        label=_("Heading"),
        help_text=_("The name of the category or page, unless given."),
    )
    text = blocks.CharBlock(required=False, max_length=100, label=_("Line below"))


class CategoryTeaserBlock(blocks.StructBlock):
    """Two to four tiles that lead into the shop."""

    heading = blocks.CharBlock(required=False, max_length=80, label=_("Heading"))
    tiles = blocks.ListBlock(TeaserBlock(), min_num=1, max_num=4, label=_("Tiles"))

    class Meta:
        icon = "folder-open-inverse"
        label = _("Categories")
        template = "home/blocks/category_teaser.html"

    def get_context(self, value, parent_context=None):
        context = super().get_context(value, parent_context=parent_context)
        context["tiles"] = [tile for row in value["tiles"] if (tile := _tile(row))]
        return context


def _tile(row):
    """What a tile's template needs, or None where its target is gone."""
    category, page = row["category"], row["page"]
    if category is not None and category.is_public:
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


class BannerBlock(blocks.StructBlock):
    """A banner that stands on several pages and is written once, among the snippets."""

    banner = SnippetChooserBlock("home.Banner", label=_("Banner"))

    class Meta:
        icon = "pick"
        label = _("Banner")
        template = "home/blocks/banner.html"
