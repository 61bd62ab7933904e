"""Converts HTML written by staff to plain text. Pure, no ORM."""

import html
import re

from django.utils.html import strip_tags

TAG = re.compile(r"(?=<)")
#: Simple tags that a regular expression can remove; a parser handles the rest.
PLAIN_TAG = re.compile(
    r"</?(?:p|br|b|i|em|strong|u|ul|ol|li|h[1-6]|div|span|hr)[ /]*>", re.IGNORECASE
)


def plain_text(markup: str | None) -> str:
    """The text on one line; paragraphs are separated by spaces."""
    text = PLAIN_TAG.sub(" ", markup or "")
    if "<" in text or ">" in text:
        text = strip_tags(TAG.sub(" ", markup or ""))
    return " ".join(html.unescape(text).split())
