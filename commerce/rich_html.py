"""HTML that people write, reduced to what a text needs: nothing in it runs, loads or leads astray."""

import nh3
from django.db.models.signals import pre_save
from django.utils.safestring import SafeString, mark_safe
from oscar.core.loading import get_model

#: What a text may be made of. Photographs belong to galleries and blocks; no style, no script, no form.
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
#: Elements that go with all that is in them.
WITH_CONTENT = {"script", "style", "iframe", "object", "template", "noscript", "svg", "math"}

#: The fields in which staff type HTML, by Oscar's model.
HTML_FIELDS = {
    ("catalogue", "Product"): ("description",),
    ("catalogue", "Category"): ("description",),
    ("offer", "ConditionalOffer"): ("description",),
    ("offer", "Range"): ("description",),
}


def clean_html(markup: object) -> str:
    """The markup with everything taken out that is not in ``TAGS`` and ``ATTRIBUTES``.

    Idempotent. What is plain text stays as it is typed. Links get ``rel="noopener"``; addresses of
    other schemes than ``SCHEMES`` are removed.
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
    """The same, for a template: what came past saving is cleaned when it is shown."""
    return mark_safe(clean_html(markup))  # noqa: S308  cleaned just now


def _clean_fields(sender, instance, raw=False, **kwargs):
    for name in HTML_FIELDS[sender._meta.app_label, sender.__name__]:
        setattr(instance, name, clean_html(getattr(instance, name)))


def clean_on_save() -> None:
    """Clean ``HTML_FIELDS`` whenever a row is saved, whichever form, import or program saves it.

    By signal, since the models are Oscar's and forms are not the only way to them.
    """
    for label, model in HTML_FIELDS:
        pre_save.connect(
            _clean_fields, sender=get_model(label, model), dispatch_uid=f"clean:{label}.{model}"
        )
