"""Small tags and filters of shop templates: basket count, sale ends, stars, icons."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from oscar.apps.catalogue.abstract_models import AbstractProduct

from commerce.addresses.phones import phone_text
from commerce.basket.units import units_in
from commerce.catalogue.product_lists import Facet, FacetValue
from commerce.clock import shop_now
from commerce.images.logo import rendered_logo
from commerce.images.pictures import largest, photo_html
from commerce.index.listings import cards_for
from commerce.page_cache.memoise import memoise
from commerce.page_cache.middleware import is_anonymous
from commerce.rich_html import safe_html
from commerce.shop_settings.current import current_shop
from commerce.storefront import design
from commerce.urls import with_query

register = template.Library()

#: One value of a filter: modifier of the class, name, value, attribute, swatch, label, count.
FILTER_OPTION = (
    '<label class="facets__option{}"><input type="checkbox" name="{}" value="{}"{}>{}{}'
    '<span class="facets__count">{}</span></label>'
)

#: Up to this many days ahead, the end of a sale is named by its weekday.
WEEK = 6


@register.simple_tag(takes_context=True)
def basket_count(context: Context) -> int:
    """Units in the shopper's basket. One query if there is a basket, none otherwise.

    On cacheable pages this is 0, unless the view read the basket: scripts insert the browser's
    number from the cookie set by ``BasketMiddleware``.
    """
    request = context.get("request")
    if request is None or not hasattr(request, "basket"):
        return 0
    if is_anonymous(request.META) and request._basket_cache is None:
        return 0
    return units_in(request)


@register.simple_tag(takes_context=True)
def is_here(context: Context, url: str) -> bool:
    """Whether the current page is this URL or below it."""
    path = getattr(context.get("request"), "path", "")
    return path == url or (url != "/" and path.startswith(url))


@register.simple_tag
def url_with_variant(url: str, product_id: int) -> str:
    """The URL of a product's page with a variant selected."""
    return with_query(url, f"variant={product_id}")


@register.simple_tag
def swatch(colours: str | None, css_class: str) -> SafeString:
    """A swatch: one colour, two colours, or the picture at a URL; empty without one.

    An SVG, because the security policy allows no inline styles.
    """
    if not colours:
        return format_html('<span class="{}" aria-hidden="true"></span>', css_class)
    if not colours.startswith("#"):
        return format_html(
            '<img class="{}" src="{}" alt="" width="48" height="48" loading="lazy">',
            css_class,
            colours,
        )
    first, _space, second = colours.partition(" ")
    half = format_html('<path d="M2 0v2H0z" fill="{}"/>', second) if second else ""
    return format_html(
        '<svg class="{}" viewBox="0 0 2 2" aria-hidden="true"><path d="M0 0h2v2H0z" fill="{}"/>{}</svg>',
        css_class,
        first,
        half,
    )


@register.simple_tag
def filter_options(facet: Facet) -> SafeString:
    """The checkboxes of a filter's values.

    Not a template, because a page has dozens of them: rendering them took a quarter of a list.
    """
    name = escape(facet.name)
    # Everything is escaped already: one call of format_html for each took twice as long.
    return mark_safe("".join(_filter_option(name, value) for value in facet.values))  # noqa: S308


def _filter_option(name: str, value: FacetValue) -> str:
    """The markup of a value; one that would leave nothing cannot be chosen."""
    modifier = "" if value.count else " facets__option--none"
    attribute = " checked" if value.is_selected else "" if value.count else " disabled"
    disc = swatch(value.swatch, "dot__disc") if value.swatch else ""
    code, label = escape(value.code), escape(value.name)
    return FILTER_OPTION.format(modifier, name, code, attribute, disc, label, value.count)


@register.simple_tag
def preloaded_fonts() -> list[str]:
    """The URLs of the font files that every page needs."""
    return design.preloaded_fonts()


@register.simple_tag
def design_url() -> str:
    """The URL of the style sheet with the shop's colours and fonts."""
    return design.design_url()


@register.simple_tag
def count_of_products(count: int) -> str:
    """A number of products in the shop's own word: "27 products"."""
    return current_shop().count_of_products(count)


@register.simple_tag
def shop_logo() -> SafeString | str:
    """The shop's logo, or its name without one."""
    return memoise("shop-logo", _find_logo)


def _find_logo() -> SafeString | str:
    shop = current_shop()
    logo = rendered_logo(shop.logo_id) if shop.logo_id else None
    if logo is None:
        return shop.name
    size = {"width": logo.width // 2, "height": logo.height // 2}
    return format_html(
        '<img src="{}" alt="{}" width="{}" height="{}">',
        logo.url,
        shop.name,
        size["width"],
        size["height"],
    )


@register.filter
def phone_link(number: str) -> str:
    """A telephone number as a link's target: digits and a leading plus."""
    return re.sub(r"[^\d+]", "", number.replace("(0)", ""))


@register.simple_tag
def shop_email() -> str:
    """The shop's email address."""
    return current_shop().email


@register.filter
def phone(number: Any) -> str:
    """A telephone number as staff dial it: national if it is of the shop's own country."""
    return phone_text(number, current_shop().country)


@register.filter
def sale_end(until: datetime | None) -> str:
    """When a sale ends: "Until Sunday", "Until 4 December", "Sale" without an end."""
    if until is None:
        return _("Sale")
    last = timezone.localtime(until)
    days = (last.date() - timezone.localtime(shop_now()).date()).days
    if days == 0:
        return _("Ends today")
    name = date_format(last, "l" if days <= WEEK else "MONTH_DAY_FORMAT")
    return _("Until %(day)s") % {"day": name}


@register.filter
def cleaned(markup: str) -> str:
    """Sanitised HTML (``commerce.rich_html``)."""
    return safe_html(markup)


@register.filter
def star_widths(rating: float | None) -> list[str]:
    """How much of each of five stars is filled, in twentieths of its width: "20", "16", "0"."""
    filled = (min(max((rating or 0) - place, 0), 1) for place in range(5))
    return [f"{round(20 * part, 1):g}" for part in filled]


#: Line icons by name, as paths on a grid of 24.
ICONS = {
    "menu": '<path d="M3 7h18M3 12h18M3 17h18"/>',
    "lock": '<rect x="5" y="11" width="14" height="9" rx="1.5"/><path d="M8.5 11V7.5a3.5 3.5 0 0 1 7 0V11"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "star": '<path stroke="none" d="m12 2.6 2.9 6 6.5.9-4.7 4.6 1.1 6.5-5.8-3.1-5.8 3.1 1.1-6.5L2.6 9.5l6.5-.9z"/>',
    "zoom": '<path d="M14 4h6v6M10 20H4v-6M20 4l-7 7M4 20l7-7"/>',
    "close": '<path d="m5 5 14 14M19 5 5 19"/>',
    "bookmark": '<path d="M6.5 4h11v16L12 15.5 6.5 20z"/>',
    "compare": '<path d="M4 5h6.5v14H4zM13.5 5H20v14h-6.5z"/>',
    "pen": '<path d="m4 20 1-4L16.5 4.5l3 3L8 19zM14 7l3 3"/>',
    "filter": '<path d="M4 7h16M7 12h10M10 17h4"/>',
}


@register.simple_tag
def icon(name: str) -> str:
    """A line icon, hidden from screen readers."""
    return mark_safe(  # noqa: S308  constants
        '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.6"'
        f' stroke-linecap="round" aria-hidden="true" focusable="false">{ICONS[name]}</svg>'
    )


@register.simple_tag
def photo(
    image: Any,
    *,
    alt: str = "",
    sizes: str = "100vw",
    eager: bool = False,
    shape: str = "",
    narrow: Any = None,
) -> str:
    """A photograph with its frame (``commerce.images.pictures.photo_html``)."""
    return photo_html(image, alt=alt, sizes=sizes, eager=eager, shape=shape, narrow=narrow)


@register.filter
def large_url(image: Any) -> str:
    """The URL of the largest rendition of a photograph, for zooming."""
    return largest(image, "webp").url


@register.simple_tag
def cards_of(products: Iterable[AbstractProduct]) -> list[Any]:
    """Cards of products in Oscar's views; a variant shows its parent."""
    return cards_for([product.parent_id or product.pk for product in products])
