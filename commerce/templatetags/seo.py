"""What stands in a page's head for search engines and for those who share a link to it."""

from typing import Any

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.encoding import iri_to_uri
from django.utils.html import format_html

from commerce.catalogue import structured_data
from commerce.images.photos import SHARE_SPEC, share_photo
from commerce.images.pictures import sizes_of
from commerce.plain_text import plain_text
from commerce.urls import absolute, page_of_list

register = template.Library()


@register.simple_tag
def canonical(url: str, page: int = 1) -> str:
    """The address under which a page wants to be known; a list's second page is one of its own."""
    return format_html(
        '<link rel="canonical" href="{}">', absolute(iri_to_uri(page_of_list(url, page)))
    )


@register.filter
def as_absolute(url: str) -> str:
    """The address with the site's before it."""
    return absolute(url)


@register.filter
def plain(markup: str) -> str:
    """The words of a text that staff wrote, on one line."""
    return plain_text(markup)


@register.simple_tag
def shared_photo(image: Any) -> Any:
    """The size of an image that links show, or None. One query unless its sizes are known."""
    if not image:
        return None
    return sizes_of(image).by_spec.get(SHARE_SPEC) or share_photo(image)


@register.simple_tag
def product_data(box: Any, **facts: Any) -> str:
    """The product of a page as JSON-LD; nothing where there is no box to show."""
    return structured_data.script_of(structured_data.product_data(box, **facts)) if box else ""


@register.simple_tag
def breadcrumbs_data(crumbs: Any) -> str:
    """The breadcrumbs of a page as JSON-LD."""
    return structured_data.script_of(structured_data.breadcrumbs_data(crumbs))


@register.simple_tag
def site_data(returns_url: str = "") -> str:
    """The shop and its search as JSON-LD, for the front page."""
    organization = structured_data.organization_data(
        logo=static("icons/icon-512.png"), returns_url=returns_url
    )
    return structured_data.script_of({"@graph": [organization, structured_data.website_data()]})


@register.simple_tag
def site_name() -> str:
    """What the site is called."""
    return settings.SITE_NAME
