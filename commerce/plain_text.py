"""Texts that staff write as HTML, as words alone. Pure, no ORM."""

import html
import re

from django.utils.html import strip_tags

TAG = re.compile(r"(?=<)")


def plain_text(markup):
    """The words of a text on one line; paragraphs do not run into each other."""
    return " ".join(html.unescape(strip_tags(TAG.sub(" ", markup or ""))).split())
