"""The product feed for Google Merchant Center and those that read its format (RSS 2.0).

One item for each variant, at the price and availability of its page. The attributes:
https://support.google.com/merchants/answer/7052112
"""

import re
from xml.sax.saxutils import escape

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from commerce.catalogue.product_detail import buy_boxes_for
from commerce.images.pictures import largest
from commerce.index.listings import sellable_products
from commerce.plain_text import plain_text
from commerce.pricing.delivery import delivery_charge
from commerce.stock.availability import SOLD_OUT
from commerce.urls import absolute, with_query

#: Products that are looked up at once: what is held in memory, whatever the catalogue's size.
BATCH = 500
MAX_TITLE, MAX_DESCRIPTION, MAX_MORE_PHOTOS = 150, 5000, 10
#: What XML 1.0 cannot hold, escaped or not.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def feed_parts(*, pages=None, at=None):
    """The feed in pieces of text, made while they are sent.

    Nine queries for each ``BATCH``, and a few for each range of an automatic offer.
    ``pages`` has the addresses of products that are shown elsewhere than on their own page,
    ``{product_id: url}``. A variant without a price is left out.
    """
    at = at or timezone.now()
    yield _head()
    for rows in _batches():
        boxes = buy_boxes_for([row["pk"] for row in rows], at=at)
        for row in rows:
            if box := boxes.get(row["pk"]):
                page = (pages or {}).get(box.product_id, box.url)
                yield "".join(_items(box, page=page, description=row["description"]))
    yield "</channel>\n</rss>\n"


def _batches():
    """Rows of the products in the order of their keys, each batch a query of its own."""
    last = 0
    while rows := list(
        sellable_products()
        .filter(pk__gt=last)
        .order_by("pk")
        .values("pk", "description")[:BATCH]
    ):  # fmt: skip
        yield rows
        last = rows[-1]["pk"]


def _head():
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">\n<channel>\n'
        + _element("title", settings.SITE_NAME)
        + _element("link", absolute("/"))
        + _element(
            "description", _("Everything that %(shop)s sells") % {"shop": settings.SITE_NAME}
        )
    )


def _items(box, *, page, description):
    for variant in box.variants:
        if variant.quote:
            facts = _facts(box, variant, page=page, description=description)
            yield f"<item>\n{''.join(_element(*fact) for fact in facts)}</item>\n"


def _facts(box, variant, *, page, description):
    """(name, value) of each attribute of one variant."""
    title = f"{box.title}, {variant.name}" if box.has_choice else box.title
    query = f"variant={variant.product_id}" if box.has_choice else ""
    yield "g:id", variant.sku
    yield "g:title", title[:MAX_TITLE]
    yield "g:description", (plain_text(description) or title)[:MAX_DESCRIPTION]
    yield "g:link", absolute(with_query(page, query))
    yield from _photos(box, variant)
    yield from _prices(variant.quote)
    is_gone = variant.availability == SOLD_OUT
    yield "g:availability", "out_of_stock" if is_gone else "in_stock"
    if box.has_choice:
        yield "g:item_group_id", str(box.product_id)
    if variant.code:
        yield "g:color", variant.name
    yield "g:brand", settings.SITE_NAME
    yield "g:condition", "new"
    # What a studio makes itself has no number in the registers of trade.
    yield "g:identifier_exists", "no"
    if box.delivery:
        yield "g:shipping", _shipping(box.delivery, variant.quote)


def _photos(box, variant):
    photos = list(dict.fromkeys([*([variant.photo] if variant.photo else []), *box.photos]))
    if photos:
        yield "g:image_link", absolute(largest(photos[0], "jpeg").url)
    for image in photos[1 : MAX_MORE_PHOTOS + 1]:
        yield "g:additional_image_link", absolute(largest(image, "jpeg").url)


def _prices(quote):
    yield "g:price", f"{quote.list_price} {quote.currency}"
    if quote.is_reduced:
        yield "g:sale_price", f"{quote.price} {quote.currency}"
        if quote.since and quote.until:  # An offer may have an end and no beginning.
            yield "g:sale_price_effective_date", f"{_moment(quote.since)}/{_moment(quote.until)}"


def _moment(at):
    return timezone.localtime(at).strftime("%Y-%m-%dT%H:%M%z")


def _shipping(delivery, quote):
    charge = delivery_charge(delivery, quote.price)
    return [
        ("g:country", settings.DELIVERY_HOME_COUNTRY),
        ("g:service", delivery.name),
        ("g:price", f"{charge} {quote.currency}"),
    ]


def _element(name, value):
    if isinstance(value, list):
        return f"<{name}>\n{''.join(_element(*part) for part in value)}</{name}>\n"
    return f"<{name}>{escape(NOT_XML.sub('', str(value)))}</{name}>\n"
