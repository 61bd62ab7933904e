"""Product blocks: cards, rows, collections and the buy box."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from commerce.catalogue.collections import cards_in, collection_url
from commerce.catalogue.product_detail import BuyBox, buy_boxes_for, select_variant
from commerce.index.listings import Card, cards_for
from commerce.page_cache.dependencies import understand
from commerce.requests import parse_pk
from commerce.stock.availability import SOLD_OUT
from home.blocks.base import ContentBlock
from home.choosers.blocks import ProductChooserBlock, SnippetChooserBlock
from home.links import OptionalLinkBlock

HIDE, LAST, KEEP = "hide", "last", "keep"


class CardsMixin:
    """Adds ``cards``: the cards of the block's products in the editor's order, in one lookup."""

    def get_context(
        self, value: blocks.StructValue, parent_context: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        context = super().get_context(value, parent_context=parent_context)  # type: ignore[misc]
        ids = [product.pk for product in value["products"] if product is not None]
        cards = cards_for(ids) if ids else []
        context["cards"] = arrange_sold_out(cards, value.get("when_sold_out", KEEP))
        return context


def arrange_sold_out(cards: list[Card], rule: str) -> list[Card]:
    """The cards, with sold-out ones left out (HIDE), moved to the end (LAST) or in place (KEEP)."""
    available = [card for card in cards if card.availability != SOLD_OUT]
    if rule == HIDE:
        return available
    if rule == LAST:
        return available + [card for card in cards if card.availability == SOLD_OUT]
    return cards


class ProductRowBlock(CardsMixin, ContentBlock):
    """A row of hand-picked products, as cards."""

    heading = blocks.CharBlock(max_length=80, label=_("Heading"))
    link = OptionalLinkBlock(label=_("Link next to the heading"))
    products = blocks.ListBlock(ProductChooserBlock(), min_num=1, max_num=12, label=_("Products"))
    when_sold_out = blocks.ChoiceBlock(
        choices=[
            (LAST, _("Move to the end")),
            (HIDE, _("Hide")),
            (KEEP, _("Keep in place")),
        ],
        default=LAST,
        label=_("Sold-out products"),
    )
    layout = blocks.ChoiceBlock(
        choices=[
            ("grid", _("In rows of four")),
            ("lead", _("The first one large, beside four")),
            ("scroll", _("In one row that scrolls sideways")),
        ],
        default="grid",
        label=_("Layout"),
    )

    class Meta:
        icon = "list-ul"
        label = _("Row of products")
        template = "home/blocks/product_row.html"


class CollectionBlock(ContentBlock):
    """The first products of a collection, by its rule at the time the page is shown."""

    collection = SnippetChooserBlock("commerce.ProductCollection", label=_("Collection"))
    heading = blocks.CharBlock(
        required=False,
        max_length=80,
        label=_("Heading"),
        help_text=_("Defaults to the title of the collection."),
    )
    count = blocks.ChoiceBlock(
        choices=[("4", "4"), ("8", "8"), ("12", "12")], default="4", label=_("Maximum number")
    )

    class Meta:
        icon = "list-ul"
        label = _("Products of a collection")
        template = "home/blocks/collection.html"

    def get_context(
        self, value: blocks.StructValue, parent_context: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        context = super().get_context(value, parent_context=parent_context)
        collection = value["collection"]
        cards: list[Card] = []
        total = 0
        if collection is not None:
            count = int(value["count"])
            cards, total = cards_in(collection, count=count)
            context["url"] = collection_url(collection)
        context.update(cards=cards, total=total)
        return context


class ProductBlock(ContentBlock):
    """One product with its photograph, price and buy button."""

    can_be_sheet = True

    product = ProductChooserBlock(label=_("Product"))
    text = blocks.TextBlock(
        required=False, max_length=300, label=_("Text"), help_text=_("Shown next to the price.")
    )

    class Meta:
        icon = "tag"
        label = _("Product to buy")
        template = "home/blocks/product.html"

    def get_context(
        self, value: blocks.StructValue, parent_context: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        context = super().get_context(value, parent_context=parent_context)
        product, request = value["product"], (parent_context or {}).get("request")
        lookup = (parent_context or {}).get("page_box")
        box = lookup() if lookup else None
        if product is None or not box or box.product_id != product.pk:
            box = chosen_box(product.pk, request) if product is not None else None
        context.setdefault("anchor", anchor_of(product.pk) if product is not None else "")
        context.update(box=box, photo=_first_photo(box), next=request.path if request else "/")
        return context


def anchor_of(product_id: int, count: int = 1) -> str:
    """The HTML id of a product's block; ``count`` numbers the blocks of one product on a page."""
    return f"product-{product_id}" if count == 1 else f"product-{product_id}-{count}"


def chosen_box(product_id: int, request: HttpRequest | None) -> BuyBox | None:
    """The product's buy box with the variant of ``?variant=`` selected; None if not public."""
    variant = chosen_variant(request)
    box = buy_boxes_for([product_id], variants=[variant or 0]).get(product_id)
    if box is None:
        return None
    understand(("variant", one.product_id) for one in box.variants if one.product_id == variant)
    return select_variant(box, variant)


def chosen_variant(request: HttpRequest | None) -> int | None:
    """The key in ``?variant=``, which selects a variant without JavaScript; None if not a key."""
    return parse_pk(request.GET.get("variant", "")) if request else None


def _first_photo(box: BuyBox | None) -> Any:
    if box is None:
        return None
    own = box.selected.photo if box.selected else None
    return own or (box.photos[0] if box.photos else None)
