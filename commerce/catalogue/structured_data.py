"""What search engines read of a page, as schema.org's JSON-LD: plain dicts, made of the objects
that the page itself shows, so that both always say the same.

Google's rules: https://developers.google.com/search/docs/appearance/structured-data
"""

import json
from datetime import timedelta

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from commerce.images.pictures import largest
from commerce.plain_text import plain_text
from commerce.pricing.delivery import delivery_charge
from commerce.stock.availability import SOLD_OUT
from commerce.urls import absolute, with_query

SCHEMA = "https://schema.org/"
#: No browser may take a part of a text for markup or for the end of the script.
ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def script_of(data):
    """The dict in the data block that crawlers look for. Any text in it is safe in HTML."""
    text = json.dumps({"@context": SCHEMA, **data}, cls=DjangoJSONEncoder, ensure_ascii=False)
    safe = mark_safe(text.translate(ESCAPES))  # noqa: S308  what could end the script is escaped
    return format_html('<script type="application/ld+json">{}</script>', safe)


def product_data(box, *, url=None, description="", reviews=None, returns_url=""):
    """A product as its buy box shows it, the chosen variant's offer first.

    ``url`` is the page that shows it, its own unless given; ``reviews`` is the summary where the
    page has one; ``returns_url`` is the page about returns, where there is one.
    """
    page = absolute(url or box.url)
    data = {
        "@type": "Product",
        "@id": f"{page}#product",
        "name": box.title,
        "url": page,
        "image": [absolute(largest(image, "jpeg").url) for image in box.photos],
        "description": plain_text(description),
        "brand": {"@type": "Brand", "name": settings.SITE_NAME},
        "sku": box.selected.sku if box.selected else None,
        "offers": [
            _offer(box, variant, page=page, returns_url=returns_url)
            for variant in sorted(box.variants, key=lambda variant: not variant.is_selected)
            if variant.quote
        ],
    }
    if reviews and reviews.count:
        data["aggregateRating"] = _rating(reviews)
        data["review"] = [_review(review) for review in reviews.reviews]
    return {name: value for name, value in data.items() if value}


def _offer(box, variant, *, page, returns_url):
    is_gone = variant.availability == SOLD_OUT
    offer = {
        "@type": "Offer",
        "name": f"{box.title}, {variant.name}" if box.has_choice else box.title,
        "sku": variant.sku,
        "url": with_query(page, f"variant={variant.product_id}") if box.has_choice else page,
        "price": str(variant.quote.price),
        "priceCurrency": variant.quote.currency,
        "availability": SCHEMA + ("OutOfStock" if is_gone else "InStock"),
        "itemCondition": f"{SCHEMA}NewCondition",
        "seller": shop(),
    }
    if variant.quote.until:
        offer["priceValidUntil"] = last_day(variant.quote.until)
    if box.delivery:
        offer["shippingDetails"] = _shipping(box.delivery, variant.quote)
    if returns_url:
        offer["hasMerchantReturnPolicy"] = returns_policy(returns_url)
    return offer


def last_day(until):
    """The last day on which a price holds that ends at the moment ``until``."""
    return timezone.localtime(until - timedelta(seconds=1)).date().isoformat()


def _shipping(delivery, quote):
    """What bringing one piece costs and how long it takes (docs/pricing.md, stage 7)."""
    return {
        "@type": "OfferShippingDetails",
        "shippingRate": {
            "@type": "MonetaryAmount",
            "value": str(delivery_charge(delivery, quote.price)),
            "currency": quote.currency,
        },
        "shippingDestination": {
            "@type": "DefinedRegion",
            "addressCountry": settings.DELIVERY_HOME_COUNTRY,
        },
        "deliveryTime": {
            "@type": "ShippingDeliveryTime",
            "handlingTime": _days(0, 1),
            "transitTime": _days(delivery.min_days, delivery.max_days),
        },
    }


def _days(least, most):
    return {"@type": "QuantitativeValue", "minValue": least, "maxValue": most, "unitCode": "DAY"}


def returns_policy(url):
    """The promise about returns, by the page that says it: its terms are words, not numbers."""
    return {"@type": "MerchantReturnPolicy", "merchantReturnLink": absolute(url)}


def _rating(reviews):
    return {
        "@type": "AggregateRating",
        "ratingValue": str(reviews.average_shown),
        "reviewCount": reviews.count,
        "bestRating": 5,
        "worstRating": 1,
    }


def _review(review):
    return {
        "@type": "Review",
        "name": review.title,
        "reviewBody": review.body,
        "author": {"@type": "Person", "name": str(review.reviewer_name or _("A customer"))},
        "datePublished": timezone.localtime(review.date_created).date().isoformat(),
        "reviewRating": {"@type": "Rating", "ratingValue": review.score, "bestRating": 5},
    }


def breadcrumbs_data(crumbs):
    """The way down to a page, from the (label, url or None) pairs that it shows."""
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


def shop():
    """Who sells and publishes, by the name under which the front page says more."""
    return {
        "@type": "Organization",
        "@id": f"{absolute('/')}#organization",
        "name": settings.SITE_NAME,
        "url": absolute("/"),
    }


def organization_data(*, logo, returns_url=""):
    """Who stands behind the shop."""
    data = {**shop(), "logo": absolute(logo)}
    return {**data, "hasMerchantReturnPolicy": returns_policy(returns_url)} if returns_url else data


def website_data():
    """The site with its search."""
    search = with_query(absolute(reverse("search:search")), "q={search_term_string}")
    return {
        "@type": "WebSite",
        "@id": f"{absolute('/')}#website",
        "name": settings.SITE_NAME,
        "url": absolute("/"),
        "publisher": {"@id": f"{absolute('/')}#organization"},
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": search},
            "query-input": "required name=search_term_string",
        },
    }
