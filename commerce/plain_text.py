"""Texts that staff write as HTML, as words alone. Pure, no ORM."""

import html
import re

from django.utils.html import strip_tags

TAG = re.compile(r"(?=<)")
#: What is a tag without any doubt, and no text begins in which tags are none; else a parser decides.
PLAIN_TAG = re.compile(
    r"""</?(?!script|style|textarea|title|xmp|iframe|no|plaintext)[a-z][^<>"'&]*>""", re.IGNORECASE
)


def plain_text(markup):
    """The words of a text on one line; paragraphs do not run into each other."""
    text = PLAIN_TAG.sub(" ", markup or "")
    if "<" in text or ">" in text:
        text = strip_tags(TAG.sub(" ", markup))
    return " ".join(html.unescape(text).split())
