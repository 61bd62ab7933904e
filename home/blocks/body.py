"""The building blocks of pages.

A block that shows a product keeps its key only: photograph, price and stock are looked up when the
page is shown, all products of a block at once. A product that was deleted, taken off sale or sold
out makes the block smaller or hides it; it never breaks the page.
"""

from wagtail import blocks

from home.blocks.images import FeatureBlock, GalleryBlock, HeroBlock, ImageBlock
from home.blocks.products import CollectionBlock, ProductBlock, ProductRowBlock
from home.blocks.teasers import BannerBlock, CategoryTeaserBlock
from home.blocks.text import QuoteBlock, text_block


def first_image(block):
    """The photograph that a block of a body shows first, or None where it has none of its own."""
    value = block.value
    if block.block_type == "gallery":
        rows = value["images"]
        return rows[0]["image"] if rows else None
    if block.block_type == "banner":
        return value["banner"].image if value["banner"] else None
    return value["image"] if block.block_type in ("hero", "feature", "image") else None


class BodyBlock(blocks.StreamBlock):
    """Everything a page can be made of."""

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
    """What a story on a product's page can be made of: no product inside a product."""

    text = text_block()
    feature = FeatureBlock()
    image = ImageBlock()
    gallery = GalleryBlock()
    quote = QuoteBlock()
