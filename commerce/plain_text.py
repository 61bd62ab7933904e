"""Texts that staff write as HTML, as words alone. Pure, no ORM."""

import html
import re

from django.utils.html import strip_tags

TAG = re.compile(r"(?=<)")
#: The tags of an editor, as they are without any doubt; of other markup a parser decides.
PLAIN_TAG = re.compile(
    r"</?(?:p|br|b|i|em|strong|u|ul|ol|li|h[1-6]|div|span|hr)[ /]*>", re.IGNORECASE
)


def plain_text(markup):
    """The words of a text on one line; paragraphs do not run into each other."""
    text = PLAIN_TAG.sub(" ", markup or "")
    if "<" in text or ">" in text:
        text = strip_tags(TAG.sub(" ", markup))
    return " ".join(html.unescape(text).split())
