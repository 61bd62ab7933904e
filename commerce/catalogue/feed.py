"""The product feed for Google Merchant Center and other readers of its format (RSS 2.0).

One item per variant, with the price and availability of its page. Attributes:
https://support.google.com/merchants/answer/7052112
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from django.utils import timezone
from django.utils.translation import gettext as _

from commerce.catalogue.product_detail import BuyBox, Variant, buy_boxes_for
from commerce.images.pictures import largest
from commerce.index.listings import sellable_products
from commerce.pricing.prices import Quote
from commerce.pricing.unit_prices import UnitPrice
from commerce.rich_html import plain_text
from commerce.shop_settings.current import current_shop
from commerce.stock.availability import ON_ORDER, PREORDER, SOLD_OUT
from commerce.urls import absolute, with_query

#: Products and variants read at once, which bounds memory use.
BATCH, MAX_VARIANTS = 500, 10_000
MAX_TITLE, MAX_DESCRIPTION, MAX_MORE_PHOTOS = 150, 5000, 10
#: The names of our states that are not "in_stock".
AVAILABILITY = {SOLD_OUT: "out_of_stock", PREORDER: "preorder", ON_ORDER: "backorder"}
#: The names of units that differ from ours.
UNITS = {"m2": "sqm", "m²": "sqm", "fl oz": "floz", "sq ft": "sqft"}
#: Characters that XML 1.0 does not allow, even escaped.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def feed_parts(*, pages: Mapping[int, str | None] | None = None) -> Iterator[str]:
    """The feed as a stream of text chunks.

    Nine queries per batch, two more with a brand attribute, and a few per range of an automatic
    offer. ``pages`` maps products shown on other pages to their URLs, ``{product_id: url}``. Variants
    without a price are left out.
    """
    yield _head()
    for rows in _batches():
        boxes = buy_boxes_for([row["pk"] for row in rows], whole=True)
        for row in rows:
            if box := boxes.get(row["pk"]):
                page = (pages or {}).get(box.product_id) or box.url
                yield "".join(_items(box, page=page, description=row["description"]))
    yield "</channel>\n</rss>\n"


def _batches() -> Iterator[list[Any]]:
    """Rows of the products in key order, one query per ``BATCH``."""
    last = 0
    columns = ("pk", "description", "listing__card")
    while rows := list(
        sellable_products().filter(pk__gt=last).order_by("pk").values(*columns)[:BATCH]
    ):
        last, batch, count = rows[-1]["pk"], [], 0
        for row in rows:
            batch.append(row)
            count += max((row["listing__card"] or {}).get("count", 1), 1)
            if count >= MAX_VARIANTS:
                yield batch
                batch, count = [], 0
        if batch:
            yield batch


def _head() -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">\n<channel>\n'
        + _element("title", current_shop().name)
        + _element("link", absolute("/"))
        + _element(
            "description", _("Everything that %(shop)s sells") % {"shop": current_shop().name}
        )
    )


def _items(box: BuyBox, *, page: str, description: str) -> Iterator[str]:
    for variant in box.variants:
        if variant.quote:
            facts = _facts(box, variant, variant.quote, page=page, description=description)
            yield f"<item>\n{''.join(_element(*fact) for fact in facts)}</item>\n"


def _facts(
    box: BuyBox, variant: Variant, quote: Quote, *, page: str, description: str
) -> Iterator[tuple[str, Any]]:
    """(name, value) of each attribute of one variant."""
    title = f"{box.title}, {variant.name}" if box.has_choice else box.title
    query = f"variant={variant.product_id}" if box.has_choice else ""
    yield "g:id", variant.sku
    yield "g:title", title[:MAX_TITLE]
    yield "g:description", (plain_text(description) or title)[:MAX_DESCRIPTION]
    yield "g:link", absolute(with_query(page, query))
    yield from _photos(box, variant)
    yield from _prices(quote)
    if variant.unit_price:
        yield from _unit_pricing(variant.unit_price)
    yield "g:availability", AVAILABILITY.get(variant.availability, "in_stock")
    if variant.available_from and variant.availability in (PREORDER, ON_ORDER):
        yield "g:availability_date", variant.available_from.isoformat()
    if box.has_choice:
        yield "g:item_group_id", str(box.product_id)
    for option, value in box.options.values_of(variant.product_id):
        if option.meaning:
            yield f"g:{option.meaning}", value.label
    yield "g:brand", variant.brand
    yield "g:condition", "new"
    if variant.gtin:
        yield "g:gtin", variant.gtin
    else:
        yield "g:identifier_exists", "no"
    if variant.delivery and not variant.delivery.is_digital:
        yield "g:shipping", _shipping(variant, quote)


def _photos(box: BuyBox, variant: Variant) -> Iterator[tuple[str, str]]:
    photos = list(dict.fromkeys([*([variant.photo] if variant.photo else []), *box.photos]))
    if photos:
        yield "g:image_link", absolute(largest(photos[0], "jpeg").url)
    for image in photos[1 : MAX_MORE_PHOTOS + 1]:
        yield "g:additional_image_link", absolute(largest(image, "jpeg").url)


def _prices(quote: Quote) -> Iterator[tuple[str, str]]:
    yield "g:price", f"{quote.was or quote.price} {quote.currency}"
    if quote.is_reduced:
        yield "g:sale_price", f"{quote.price} {quote.currency}"
        if quote.since and quote.until:  # an offer may have an end but no start
            yield "g:sale_price_effective_date", f"{_moment(quote.since)}/{_moment(quote.until)}"


def _unit_pricing(unit: UnitPrice) -> Iterator[tuple[str, str]]:
    """What is sold, and the amount to which the unit price refers."""
    content = UNITS.get(unit.content_unit, unit.content_unit)
    yield "g:unit_pricing_measure", f"{unit.content.normalize():f} {content}"
    base = UNITS.get(unit.per, unit.per)
    yield "g:unit_pricing_base_measure", base if base[0].isdigit() else f"1 {base}"


def _moment(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%dT%H:%M%z")


def _shipping(variant: Variant, quote: Quote) -> list[tuple[str, str]]:
    return [
        ("g:country", current_shop().country),
        ("g:service", variant.delivery.name if variant.delivery else ""),
        ("g:price", f"{variant.delivery_charge} {quote.currency}"),
    ]


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return f"<{name}>\n{''.join(_element(*part) for part in value)}</{name}>\n"
    return f"<{name}>{escape(NOT_XML.sub('', str(value)))}</{name}>\n"
