"""The bodies of pages and product stories: which blocks an editor can use in each.

A block stores only the key of a product. Photograph, price and stock are looked up when the page is
rendered, in one call per block. A block leaves out a product that was deleted or unpublished, and
renders nothing when none is left. A row has a setting for products that are sold out.
"""

from collections.abc import Iterable

from wagtail import blocks
from wagtail.images.models import AbstractImage

from home.blocks.base import ContentBlock
from home.blocks.images import FeatureBlock, GalleryBlock, HeroBlock, ImageBlock
from home.blocks.products import CollectionBlock, ProductBlock, ProductRowBlock
from home.blocks.teasers import BannerBlock, CategoryTeaserBlock
from home.blocks.text import QuoteBlock, StatementBlock, text_block


def first_image(body: Iterable[blocks.StreamValue.StreamChild]) -> AbstractImage | None:
    """The first photograph that a body offers for link previews; None without one."""
    shown = (
        child.block.share_image(child.value)
        for child in body
        if isinstance(child.block, ContentBlock)
    )
    return next(filter(None, shown), None)


class BodyBlock(blocks.StreamBlock):
    """The body of a page."""

    hero = HeroBlock()
    text = text_block()
    statement = StatementBlock()
    feature = FeatureBlock()
    image = ImageBlock()
    gallery = GalleryBlock()
    quote = QuoteBlock()
    product = ProductBlock()
    product_row = ProductRowBlock()
    collection = CollectionBlock()
    category_teaser = CategoryTeaserBlock()
    banner = BannerBlock()


class StoryBlock(blocks.StreamBlock):
    """The body of a product story: no product blocks, as it is shown on a product page."""

    text = text_block()
    feature = FeatureBlock()
    image = ImageBlock()
    gallery = GalleryBlock()
    quote = QuoteBlock()
