"""HTML written by people: as plain text, or sanitised so that it runs no script and loads nothing."""

import html
import re
from typing import Any

import nh3
from django.db.models.signals import pre_save
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from oscar.core.loading import get_model

#: Allowed tags. Photos belong in galleries and blocks.
TAGS = {
    "a", "abbr", "b", "blockquote", "br", "code", "dd", "div", "dl", "dt", "em", "h2", "h3", "h4",
    "h5", "h6", "hr", "i", "li", "ol", "p", "small", "span", "strong", "sub", "sup", "table",
    "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title", "id", "linktype"},
    "abbr": {"title"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "*": {"id", "lang", "dir"},
}
SCHEMES = {"http", "https", "mailto", "tel"}
#: Elements removed with their content.
WITH_CONTENT = {"script", "style", "iframe", "object", "template", "noscript", "svg", "math"}

#: The HTML fields of Oscar's models.
HTML_FIELDS = {
    ("catalogue", "Product"): ("description",),
    ("catalogue", "Category"): ("description",),
    ("offer", "ConditionalOffer"): ("description",),
    ("offer", "Range"): ("description",),
}

#: Where a tag begins.
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


def clean_html(markup: object) -> str:
    """The markup without anything that is not in ``TAGS`` and ``ATTRIBUTES``.

    Idempotent. Plain text is unchanged. Links get ``rel="noopener"``; URLs with schemes other than
    ``SCHEMES`` are removed.
    """
    text = str(markup or "")
    if "<" not in text:
        return text
    return nh3.clean(
        text,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        clean_content_tags=WITH_CONTENT,
        link_rel="noopener",
        strip_comments=True,
    )


def safe_html(markup: object) -> SafeString:
    """The cleaned markup for a template, for values saved without cleaning."""
    return mark_safe(clean_html(markup))  # noqa: S308  cleaned just now


def _clean_fields(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    for name in HTML_FIELDS[sender._meta.app_label, sender.__name__]:
        setattr(instance, name, clean_html(getattr(instance, name)))


def clean_on_save() -> None:
    """Clean ``HTML_FIELDS`` whenever a row is saved by any form, import or program.

    Uses signals, because the models are Oscar's.
    """
    for label, model in HTML_FIELDS:
        pre_save.connect(
            _clean_fields, sender=get_model(label, model), dispatch_uid=f"clean:{label}.{model}"
        )
