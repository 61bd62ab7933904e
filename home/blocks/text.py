"""Text blocks: running text and quotations."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from home.blocks.products import CardsMixin
from home.choosers.blocks import ProductChooserBlock

#: What an editor may do in a text. Headings of level 1 belong to the page, colours to the design.
RICH_TEXT = ["h2", "h3", "bold", "italic", "link", "ul", "ol", "hr"]


def text_block():
    """Running text. A function, so that migrations name Wagtail's block and not one of ours."""
    return blocks.RichTextBlock(
        features=RICH_TEXT, icon="pilcrow", label=_("Text"), template="home/blocks/text.html"
    )


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
