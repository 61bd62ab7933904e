"""The building blocks of pages.

A block that shows a product keeps its key only: photograph, price and stock are looked up when the
page is shown, all products of a block at once. A product that was deleted, taken off sale or sold
out makes the block smaller or hides it; it never breaks the page.
"""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from commerce.catalogue.collections import cards_in, collection_url
from commerce.catalogue.product_detail import buy_boxes_for, select_variant
from commerce.index.listings import cards_for
from commerce.requests import moment_of
from commerce.stock.availability import SOLD_OUT
from home.choosers.views import (
    CategoryChooserBlock,
    PageChooserBlock,
    PhotoChooserBlock,
    ProductChooserBlock,
    SnippetChooserBlock,
)
from home.links import LinkBlock, OptionalLinkBlock

#: What an editor may do in a text. Headings of level 1 belong to the page, colours to the design.
RICH_TEXT = ["h2", "h3", "bold", "italic", "link", "ul", "ol", "hr"]

HIDE, LAST, KEEP = "hide", "last", "keep"


def _moment(parent_context):
    request = (parent_context or {}).get("request")
    return moment_of(request) if request else None


class HeroBlock(blocks.StructBlock):
    """A wide photograph with the page's largest words on it. Place it first."""

    image = PhotoChooserBlock(label=_("Photograph"))
    heading = blocks.CharBlock(max_length=80, label=_("Heading"))
    text = blocks.TextBlock(required=False, max_length=240, label=_("Text"))
    link = OptionalLinkBlock(label=_("Button"))

    class Meta:
        icon = "image"
        label = _("Hero")
        template = "home/blocks/hero.html"


def text_block():
    """Running text. A function, so that migrations name Wagtail's block and not one of ours."""
    return blocks.RichTextBlock(
        features=RICH_TEXT, icon="pilcrow", label=_("Text"), template="home/blocks/text.html"
    )


class ImageBlock(blocks.StructBlock):
    """One photograph, in the column of the text or across the page."""

    image = PhotoChooserBlock(label=_("Photograph"))
    caption = blocks.CharBlock(required=False, max_length=200, label=_("Caption"))
    width = blocks.ChoiceBlock(
        choices=[("text", _("As wide as the text")), ("page", _("As wide as the page"))],
        default="text",
        label=_("Width"),
    )

    class Meta:
        icon = "image"
        label = _("Photograph")
        template = "home/blocks/image.html"


class GalleryImageBlock(blocks.StructBlock):
    """A photograph of a gallery with its caption."""

    image = PhotoChooserBlock(label=_("Photograph"))
    caption = blocks.CharBlock(required=False, max_length=120, label=_("Caption"))


class GalleryBlock(blocks.StructBlock):
    """Two to eight photographs side by side."""

    heading = blocks.CharBlock(required=False, max_length=80, label=_("Heading"))
    images = blocks.ListBlock(GalleryImageBlock(), min_num=2, max_num=8, label=_("Photographs"))

    class Meta:
        icon = "copy"
        label = _("Gallery")
        template = "home/blocks/gallery.html"


class FeatureBlock(blocks.StructBlock):
    """A photograph beside a few words, to lead on to a story or a category."""

    image = PhotoChooserBlock(label=_("Photograph"))
    eyebrow = blocks.CharBlock(required=False, max_length=40, label=_("Line above the heading"))
    heading = blocks.CharBlock(max_length=80, label=_("Heading"))
    text = blocks.TextBlock(required=False, max_length=400, label=_("Text"))
    link = OptionalLinkBlock(label=_("Link"))
    image_side = blocks.ChoiceBlock(
        choices=[("start", _("Before the text")), ("end", _("After the text"))],
        default="start",
        label=_("Where the photograph stands"),
    )

    class Meta:
        icon = "doc-full-inverse"
        label = _("Photograph and words")
        template = "home/blocks/feature.html"


class CardsMixin:
    """Looks up the cards of the block's products, in the editor's order, in one call."""

    def get_context(self, value, parent_context=None):
        context = super().get_context(value, parent_context=parent_context)
        ids = [product.pk for product in value["products"] if product is not None]
        cards = cards_for(ids, at=_moment(parent_context)) if ids else []
        context["cards"] = arrange_sold_out(cards, value.get("when_sold_out", KEEP))
        return context


def arrange_sold_out(cards, rule):
    """The cards with those that are sold out hidden, put last, or kept where they are."""
    there = [card for card in cards if card.availability != SOLD_OUT]
    if rule == HIDE:
        return there
    if rule == LAST:
        return there + [card for card in cards if card.availability == SOLD_OUT]
    return cards


class ProductRowBlock(CardsMixin, blocks.StructBlock):
    """Products picked by hand, as cards."""

    heading = blocks.CharBlock(max_length=80, label=_("Heading"))
    link = OptionalLinkBlock(label=_("Link beside the heading"))
    products = blocks.ListBlock(ProductChooserBlock(), min_num=1, max_num=12, label=_("Products"))
    when_sold_out = blocks.ChoiceBlock(
        choices=[
            (LAST, _("Move to the end")),
            (HIDE, _("Hide")),
            (KEEP, _("Keep in place")),
        ],
        default=LAST,
        label=_("A product that is sold out"),
    )

    class Meta:
        icon = "list-ul"
        label = _("Row of products")
        template = "home/blocks/product_row.html"


class CollectionBlock(blocks.StructBlock):
    """The first pieces of a collection: whatever follows its rule when the page is shown."""

    collection = SnippetChooserBlock("commerce.ProductCollection", label=_("Collection"))
    heading = blocks.CharBlock(
        required=False,
        max_length=80,
        label=_("Heading"),
        help_text=_("The collection's title, unless given."),
    )
    count = blocks.ChoiceBlock(
        choices=[("4", "4"), ("8", "8"), ("12", "12")], default="4", label=_("How many at most")
    )

    class Meta:
        icon = "list-ul"
        label = _("Pieces of a collection")
        template = "home/blocks/collection.html"

    def get_context(self, value, parent_context=None):
        context = super().get_context(value, parent_context=parent_context)
        collection, cards, total = value["collection"], [], 0
        if collection is not None:
            count, at = int(value["count"]), _moment(parent_context)
            cards, total = cards_in(collection, count=count, at=at)
            context["url"] = collection_url(collection)
        context.update(cards=cards, total=total)
        return context


class QuoteBlock(CardsMixin, blocks.StructBlock):
    """Somebody's words, with up to two products beside them."""

    text = blocks.TextBlock(max_length=300, label=_("Quotation"))
    attribution = blocks.CharBlock(required=False, max_length=80, label=_("Who said it"))
    products = blocks.ListBlock(
        ProductChooserBlock(), min_num=0, max_num=2, default=[], label=_("Products beside it")
    )

    class Meta:
        icon = "openquote"
        label = _("Quotation")
        template = "home/blocks/quote.html"


class ProductBlock(blocks.StructBlock):
    """One product with its photograph, its price and the button that puts it in the basket."""

    product = ProductChooserBlock(label=_("Product"))
    text = blocks.TextBlock(
        required=False, max_length=300, label=_("Text"), help_text=_("Beside the price.")
    )

    class Meta:
        icon = "tag"
        label = _("Product to buy")
        template = "home/blocks/product.html"

    def get_context(self, value, parent_context=None):
        context = super().get_context(value, parent_context=parent_context)
        product, request = value["product"], (parent_context or {}).get("request")
        of_page = (parent_context or {}).get("box")
        box = of_page() if of_page else None
        if product is None or not box or box.product_id != product.pk:
            box = chosen_box(product.pk, request) if product is not None else None
        context.setdefault("anchor", anchor_of(product.pk) if product is not None else "")
        context.update(box=box, photo=_first_photo(box), next=request.path if request else "/")
        return context


def anchor_of(product_id, count=1):
    """What an address names a product's block by; ``count`` tells those of one page apart."""
    return f"piece-{product_id}" if count == 1 else f"piece-{product_id}-{count}"


def chosen_box(product_id, request):
    """The buy box of a product with the variant that the request chooses; None if not public."""
    box = buy_boxes_for([product_id], at=_moment({"request": request})).get(product_id)
    return select_variant(box, chosen_variant(request)) if box else None


def chosen_variant(request):
    """The key of ``?variant=``, by which a glaze is chosen without JavaScript; None for any other."""
    text = request.GET.get("variant", "") if request else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _first_photo(box):
    if box is None:
        return None
    own = box.selected.photo if box.selected else None
    return own or (box.photos[0] if box.photos else None)


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


class FooterColumnBlock(blocks.StructBlock):
    """A headed column of links at the foot of every page."""

    heading = blocks.CharBlock(max_length=40, label=_("Heading"))
    links = blocks.ListBlock(LinkBlock(), min_num=1, max_num=8, label=_("Links"))

    class Meta:
        icon = "list-ul"
        label = _("Column")
