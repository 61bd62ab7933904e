"""Text blocks: running text, large words and quotations."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from home.blocks.base import ContentBlock
from home.blocks.products import CardsMixin
from home.choosers.blocks import ProductChooserBlock
from home.links import OptionalLinkBlock

#: Formats of rich text. The page has the only level 1 heading; colours belong to the design.
RICH_TEXT = ["h2", "h3", "bold", "italic", "link", "ul", "ol", "hr"]


def text_block() -> blocks.RichTextBlock:
    """Running text. A function and not a class, so that migrations refer to Wagtail's block."""
    return blocks.RichTextBlock(
        features=RICH_TEXT, icon="pilcrow", label=_("Text"), template="home/blocks/text.html"
    )


#: The grounds of a band of text.
GROUNDS = [("paper", _("As the page")), ("accent", _("The shop’s accent colour"))]


class StatementBlock(ContentBlock):
    """A few large words on their own, with much space around them."""

    eyebrow = blocks.CharBlock(required=False, max_length=40, label=_("Line above"))
    text = blocks.TextBlock(max_length=240, label=_("Text"))
    link = OptionalLinkBlock(label=_("Link"))
    ground = blocks.ChoiceBlock(choices=GROUNDS, default="paper", label=_("Ground"))

    class Meta:
        icon = "title"
        label = _("Large words")
        template = "home/blocks/statement.html"


class QuoteBlock(CardsMixin, ContentBlock):
    """A quotation with up to two products next to it."""

    can_be_sheet = True

    text = blocks.TextBlock(max_length=300, label=_("Quotation"))
    attribution = blocks.CharBlock(required=False, max_length=80, label=_("Who said it"))
    products = blocks.ListBlock(
        ProductChooserBlock(), min_num=0, max_num=2, default=[], label=_("Products next to it")
    )
    ground = blocks.ChoiceBlock(choices=GROUNDS, default="paper", label=_("Ground"))

    class Meta:
        icon = "openquote"
        label = _("Quotation")
        template = "home/blocks/quote.html"
