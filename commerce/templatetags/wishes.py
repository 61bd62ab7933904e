"""What a signed-in shopper kept, put into parts of pages that are alike for everybody."""

import re

from django import template
from django.template import Context, NodeList
from django.template.base import Parser, Token
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from commerce.catalogue.wishlists import lists_with

register = template.Library()

#: Where a part leaves room for it, with the key of the piece (components/buy_box.html).
ROOM = re.compile(r"<!--kept:(\d+)-->")


class OwnWishesNode(template.Node):
    """``{% own_wishes %}…{% end_own_wishes %}``."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        markup = self.nodelist.render(context)
        request = context["request"]

        def own(room):
            product_id = int(room[1])
            lists = lists_with(request.user, product_id)
            facts = {"product_id": product_id, "lists": lists}
            return render_to_string("components/keep.html", facts, request=request)

        return mark_safe(ROOM.sub(own, markup))  # noqa: S308  made by our templates


@register.tag
def own_wishes(parser: Parser, token: Token) -> OwnWishesNode:
    """Fills the rooms that a remembered part inside left, after it was taken from memory: what is in
    them is one shopper's and never stands in the part. One query for each room; no room, no query.
    """
    nodelist = parser.parse(["end_own_wishes"])
    parser.delete_first_token()
    return OwnWishesNode(nodelist)
