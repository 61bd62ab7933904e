"""The bodies of pages and product stories: which blocks an editor can use in each.

A block stores only the key of a product. Photograph, price and stock are looked up when the page is
rendered, in one call per block. A block leaves out a product that was deleted, unpublished or sold
out, and renders nothing when none is left.
"""

from typing import Any

from wagtail import blocks

from home.blocks.images import FeatureBlock, GalleryBlock, HeroBlock, ImageBlock
from home.blocks.products import CollectionBlock, ProductBlock, ProductRowBlock
from home.blocks.teasers import BannerBlock, CategoryTeaserBlock
from home.blocks.text import QuoteBlock, text_block


def first_image(block: blocks.StreamValue.StreamChild) -> Any:
    """The first Wagtail image that a body's block shows; None for a block without an image."""
    value = block.value
    if block.block_type == "gallery":
        rows = value["images"]
        return rows[0]["image"] if rows else None
    if block.block_type == "banner":
        return value["banner"].image if value["banner"] else None
    return value["image"] if block.block_type in ("hero", "feature", "image") else None


class BodyBlock(blocks.StreamBlock):
    """The body of a page."""

    hero = HeroBlock()
    text = text_block()
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
