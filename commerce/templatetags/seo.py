"""Tags for a page's head: search engines and link previews."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.utils.html import format_html

from commerce.catalogue import structured_data
from commerce.images.photos import SHARE_SPEC, share_photo
from commerce.images.pictures import sizes_of
from commerce.rich_html import plain_text
from commerce.shop_settings.current import current_shop
from commerce.urls import absolute, page_of_list

register = template.Library()


@register.simple_tag
def canonical(url: str, page: int = 1) -> str:
    """The canonical URL of a page; the second page of a list has its own."""
    return format_html(
        '<link rel="canonical" href="{}">', absolute(iri_to_uri(page_of_list(url, page)))
    )


@register.filter
def as_absolute(url: str) -> str:
    """The absolute URL."""
    return absolute(url)


@register.filter
def plain(markup: str) -> str:
    """The text of HTML written by staff, on one line."""
    return plain_text(markup)


@register.simple_tag
def shared_photo(image: Any) -> Any:
    """The rendition of an image for link previews, or None. One query unless sizes are loaded."""
    if not image:
        return None
    return sizes_of(image).by_spec.get(SHARE_SPEC) or share_photo(image)


@register.simple_tag
def product_data(box: Any, **facts: Any) -> str:
    """The product of a page as JSON-LD; "" without a box."""
    return structured_data.script_of(structured_data.product_data(box, **facts)) if box else ""


@register.simple_tag
def breadcrumbs_data(crumbs: Any) -> str:
    """The breadcrumbs of a page as JSON-LD."""
    return structured_data.script_of(structured_data.breadcrumbs_data(crumbs))


@register.simple_tag
def site_data(returns_url: str = "") -> str:
    """The shop and its search as JSON-LD, for the front page."""
    organization = structured_data.organization_data(logo=reverse("icon"), returns_url=returns_url)
    return structured_data.script_of({"@graph": [organization, structured_data.website_data()]})


@register.simple_tag
def site_name() -> str:
    """The name of the site."""
    return current_shop().name
