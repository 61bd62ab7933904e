"""Inserts a shopper's wish lists into cached fragments that are the same for everyone."""

import re

from django import template
from django.template import Context, NodeList
from django.template.base import Parser, Token
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from commerce.catalogue.wishlists import lists_with

register = template.Library()

#: A placeholder in a fragment, with the product's key (components/buy_box.html).
PLACEHOLDER = re.compile(r"<!--wish-lists:(\d+)-->")


class OwnWishesNode(template.Node):
    """``{% own_wishes %}…{% end_own_wishes %}``."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        markup = self.nodelist.render(context)
        request = context["request"]

        def wish_lists(match: re.Match[str]) -> str:
            product_id = int(match[1])
            lists = lists_with(request.user, product_id)
            facts = {"product_id": product_id, "lists": lists}
            return render_to_string("components/wish_list_tool.html", facts, request=request)

        return mark_safe(PLACEHOLDER.sub(wish_lists, markup))  # noqa: S308  made by our templates


@register.tag
def own_wishes(parser: Parser, token: Token) -> OwnWishesNode:
    """Fill the placeholders of a cached fragment after it is loaded.

    One shopper's wish lists are never part of the fragment. One query per placeholder.
    """
    nodelist = parser.parse(["end_own_wishes"])
    parser.delete_first_token()
    return OwnWishesNode(nodelist)
