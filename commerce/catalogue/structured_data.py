"""Structured data of pages (schema.org JSON-LD), built from the objects the page shows.

Google's rules: https://developers.google.com/search/docs/appearance/structured-data
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from commerce.catalogue.product_detail import BuyBox, Variant
from commerce.catalogue.reviews import ReviewSummary
from commerce.images.pictures import largest
from commerce.models import DeliveryMethod
from commerce.pricing.prices import Quote
from commerce.rich_html import plain_text
from commerce.shop_settings.current import current_shop
from commerce.stock.availability import ON_ORDER, PREORDER, SOLD_OUT
from commerce.urls import absolute, with_query

SCHEMA = "https://schema.org/"
#: The names of our states that are not "InStock".
AVAILABILITY = {SOLD_OUT: "OutOfStock", PREORDER: "PreOrder", ON_ORDER: "BackOrder"}
#: Escapes, so that no text can end the script or be read as markup.
ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def script_of(data: Mapping[str, Any]) -> SafeString:
    """The script element with JSON-LD. Any text in it is safe in HTML."""
    text = json.dumps({"@context": SCHEMA, **data}, cls=DjangoJSONEncoder, ensure_ascii=False)
    safe = mark_safe(text.translate(ESCAPES))  # noqa: S308  escaped above
    return format_html('<script type="application/ld+json">{}</script>', safe)


def product_data(
    box: BuyBox,
    *,
    url: str | None = None,
    description: str = "",
    reviews: ReviewSummary | None = None,
    returns_url: str = "",
) -> dict[str, Any]:
    """A product as its buy box shows it: a ``ProductGroup`` with its variants, or one ``Product``.

    The selected variant comes first, and at most ``MAX_VARIANTS`` of the buy box are listed. ``url``
    is the page (default: the product's own), ``reviews`` the page's summary, ``returns_url`` the page
    about returns, or "".
    """
    page = absolute(url or box.url)
    data: dict[str, Any] = {
        "@type": "Product",
        "@id": f"{page}#product",
        "name": box.title,
        "url": page,
        "image": [absolute(largest(image, "jpeg").url) for image in box.photos],
        "description": plain_text(description),
        "brand": {"@type": "Brand", "name": box.brand},
    }
    if box.has_choice:
        data |= {
            "@type": "ProductGroup",
            "productGroupID": str(box.product_id),
            "variesBy": [
                SCHEMA + option.meaning for option in box.options.options if option.meaning
            ],
            "hasVariant": [
                _variant(box, variant, page=page, returns_url=returns_url)
                for variant in sorted(box.variants, key=lambda variant: not variant.is_selected)
            ],
        }
    elif box.selected:
        data |= {"sku": box.selected.sku, "gtin": box.selected.gtin}
        if box.selected.quote:
            data["offers"] = [
                _offer(box, box.selected, box.selected.quote, page=page, returns_url=returns_url)
            ]
    if reviews and reviews.count:
        data["aggregateRating"] = _rating(reviews)
        data["review"] = [_review(review) for review in reviews.reviews]
    return {name: value for name, value in data.items() if value}


def _variant(box: BuyBox, variant: Variant, *, page: str, returns_url: str) -> dict[str, Any]:
    photo = variant.photo or (box.gallery[0] if box.gallery else None)
    data: dict[str, Any] = {
        "@type": "Product",
        "name": f"{box.title}, {variant.name}",
        "sku": variant.sku,
        "gtin": variant.gtin,
        "url": with_query(page, f"variant={variant.product_id}"),
        "image": absolute(largest(photo, "jpeg").url) if photo else None,
    }
    for option, value in box.options.values_of(variant.product_id):
        if option.meaning:
            data[option.meaning] = value.label
        elif option.name:
            additional = data.setdefault("additionalProperty", [])
            additional.append({"@type": "PropertyValue", "name": option.name, "value": value.label})
    if variant.brand != box.brand:
        data["brand"] = {"@type": "Brand", "name": variant.brand}
    if variant.quote:
        data["offers"] = _offer(box, variant, variant.quote, page=page, returns_url=returns_url)
    return {name: value for name, value in data.items() if value}


def _offer(
    box: BuyBox, variant: Variant, quote: Quote, *, page: str, returns_url: str
) -> dict[str, Any]:
    offer: dict[str, Any] = {
        "@type": "Offer",
        "url": with_query(page, f"variant={variant.product_id}") if box.has_choice else page,
        "price": str(quote.price),
        "priceCurrency": quote.currency,
        "availability": SCHEMA + AVAILABILITY.get(variant.availability, "InStock"),
        "itemCondition": f"{SCHEMA}NewCondition",
        "seller": shop(),
    }
    if variant.available_from and variant.availability in (PREORDER, ON_ORDER):
        offer["availabilityStarts"] = variant.available_from.isoformat()
    if quote.until:
        offer["priceValidUntil"] = last_day(quote.until)
    if variant.delivery and not variant.delivery.is_digital:
        offer["shippingDetails"] = _shipping(variant.delivery, variant.delivery_charge, quote)
    if returns_url and variant.is_shipped:
        offer["hasMerchantReturnPolicy"] = returns_policy(returns_url)
    return offer


def last_day(until: datetime) -> str:
    """The last day of a price that ends at ``until``."""
    return timezone.localtime(until - timedelta(seconds=1)).date().isoformat()


def _shipping(delivery: DeliveryMethod, charge: Decimal | None, quote: Quote) -> dict[str, Any]:
    """The charge and time of delivery of one product (docs/pricing.md, stage 7)."""
    return {
        "@type": "OfferShippingDetails",
        "shippingRate": {
            "@type": "MonetaryAmount",
            "value": str(charge),
            "currency": quote.currency,
        },
        "shippingDestination": {
            "@type": "DefinedRegion",
            "addressCountry": current_shop().country,
        },
        "deliveryTime": {
            "@type": "ShippingDeliveryTime",
            "handlingTime": _days(0, 1),
            "transitTime": _days(delivery.min_days, delivery.max_days),
        },
    }


def _days(least: int, most: int) -> dict[str, Any]:
    return {"@type": "QuantitativeValue", "minValue": least, "maxValue": most, "unitCode": "DAY"}


def returns_policy(url: str) -> dict[str, Any]:
    """The returns policy, as a link to its page."""
    return {"@type": "MerchantReturnPolicy", "merchantReturnLink": absolute(url)}


def _rating(reviews: ReviewSummary) -> dict[str, Any]:
    return {
        "@type": "AggregateRating",
        "ratingValue": str(reviews.average_shown),
        "reviewCount": reviews.count,
        "bestRating": 5,
        "worstRating": 1,
    }


def _review(review: Any) -> dict[str, Any]:
    return {
        "@type": "Review",
        "name": review.title,
        "reviewBody": review.body,
        "author": {"@type": "Person", "name": str(review.reviewer_name or _("A customer"))},
        "datePublished": timezone.localtime(review.date_created).date().isoformat(),
        "reviewRating": {"@type": "Rating", "ratingValue": review.score, "bestRating": 5},
    }


def breadcrumbs_data(crumbs: Iterable[tuple[Any, str | None]]) -> dict[str, Any]:
    """The breadcrumbs of a page, from its (label, url or None) pairs."""
    entries = [
        {
            "@type": "ListItem",
            "position": position,
            "name": str(label),
            **({"item": absolute(url)} if url else {}),
        }
        for position, (label, url) in enumerate(crumbs, start=1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": entries}


def shop() -> dict[str, Any]:
    """A reference to the organisation described on the front page."""
    return {
        "@type": "Organization",
        "@id": f"{absolute('/')}#organization",
        "name": current_shop().name,
        "url": absolute("/"),
    }


def organization_data(*, logo: str, returns_url: str = "") -> dict[str, Any]:
    """The organisation that runs the shop."""
    data = {**shop(), "logo": absolute(logo)}
    return {**data, "hasMerchantReturnPolicy": returns_policy(returns_url)} if returns_url else data


def website_data() -> dict[str, Any]:
    """The site and its search."""
    search = with_query(absolute(reverse("search:search")), "q={search_term_string}")
    return {
        "@type": "WebSite",
        "@id": f"{absolute('/')}#website",
        "name": current_shop().name,
        "url": absolute("/"),
        "publisher": {"@id": f"{absolute('/')}#organization"},
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": search},
            "query-input": "required name=search_term_string",
        },
    }
