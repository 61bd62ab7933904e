"""Footer blocks: columns of links."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from home.links import LinkBlock


class FooterColumnBlock(blocks.StructBlock):
    """A column of links under a heading."""

    heading = blocks.CharBlock(max_length=40, label=_("Heading"))
    links = blocks.ListBlock(LinkBlock(), min_num=1, max_num=8, label=_("Links"))

    class Meta:
        icon = "list-ul"
        label = _("Column")
