"""Orders after payment: statuses, carriers, and periods of links, returns and withdrawals.

The rules are in docs/orders.md. ``site_project.settings`` imports all of these settings.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

OSCAR_INITIAL_ORDER_STATUS = "Pending payment"
OSCAR_INITIAL_LINE_STATUS = "Pending payment"
#: All transitions. commerce.orders.pipeline says who may make them and what they do.
OSCAR_ORDER_STATUS_PIPELINE = {
    "Pending payment": ("Authorised", "Paid", "Cancelled"),
    "Authorised": ("Paid", "Packing", "Part shipped", "Shipped", "Cancelled"),
    "Paid": ("Packing", "Part shipped", "Shipped", "Cancelled", "Refunded"),
    "Packing": ("Part shipped", "Shipped", "Cancelled", "Refunded"),
    "Part shipped": ("Shipped", "Refunded"),
    "Shipped": ("Delivered", "Returned", "Refunded"),
    "Delivered": ("Returned", "Refunded"),
    "Returned": ("Refunded",),
    "Refunded": (),
    "Cancelled": (),
}
OSCAR_LINE_STATUS_PIPELINE = OSCAR_ORDER_STATUS_PIPELINE
#: Lines take the status of their order, except when only some of them have been shipped.
OSCAR_ORDER_STATUS_CASCADE = {
    status: status for status in OSCAR_ORDER_STATUS_PIPELINE if status != "Part shipped"
}

#: Carriers by code: name, the countries in which they are offered first (none: everywhere), and
#: tracking pages by language, the first of which is for all other languages. ``{number}`` is the
#: tracking number. Parcels store the code, so don't remove one.
CARRIERS: dict[str, dict[str, Any]] = {
    "royal-mail": {
        "name": "Royal Mail",
        "countries": ["GB"],
        "tracking": {"en": "https://www.royalmail.com/track-your-item#/tracking-results/{number}"},
    },
    "evri": {
        "name": "Evri",
        "countries": ["GB"],
        "tracking": {"en": "https://www.evri.com/track/parcel/{number}"},
    },
    "dpd": {
        "name": "DPD UK",
        "countries": ["GB"],
        "tracking": {"en": "https://track.dpd.co.uk/search?reference={number}"},
    },
    "dhl-paket": {
        "name": "Deutsche Post / DHL Paket",
        "countries": ["DE"],
        "tracking": {
            language: f"https://www.dhl.de/{language}/privatkunden/pakete-empfangen/verfolgen.html"
            "?piececode={number}"
            for language in ("de", "en")
        },
    },
    "dpd-de": {
        "name": "DPD",
        "countries": ["DE"],
        "tracking": {
            "de": "https://tracking.dpd.de/status/de_DE/parcel/{number}",
            "en": "https://tracking.dpd.de/status/en_US/parcel/{number}",
        },
    },
    "hermes": {
        "name": "Hermes",
        "countries": ["DE"],
        "tracking": {
            "de": "https://www.myhermes.de/empfangen/sendungsverfolgung/sendungsinformation#{number}"
        },
    },
    "gls": {
        "name": "GLS",
        "countries": ["DE"],
        "tracking": {
            "de": "https://gls-group.eu/DE/de/paketverfolgung?match={number}",
            "en": "https://gls-group.eu/DE/en/parcel-tracking?match={number}",
        },
    },
    "dhl": {
        "name": "DHL",
        "countries": [],
        "tracking": {
            "en": "https://www.dhl.com/gb-en/home/tracking.html?tracking-id={number}",
            "de": "https://www.dhl.com/de-de/home/tracking.html?tracking-id={number}",
        },
    },
    "ups": {
        "name": "UPS",
        "countries": [],
        "tracking": {
            "en": "https://www.ups.com/track?loc=en_GB&tracknum={number}",
            "de": "https://www.ups.com/track?loc=de_DE&tracknum={number}",
        },
    },
    "fedex": {
        "name": "FedEx",
        "countries": [],
        "tracking": {
            "en": "https://www.fedex.com/fedextrack/?trknbr={number}",
            "de": "https://www.fedex.com/fedextrack/?trknbr={number}&locale=de_DE",
        },
    },
    "other": {"name": _("Other carrier"), "countries": [], "tracking": {}},
}

#: Days a link to a guest's order works: that of the confirmation, and one requested later.
CONFIRMATION_LINK_DAYS = 60
GUEST_LINK_DAYS = 14

#: Days after the last delivery in which a return or a legal withdrawal can be requested.
RETURN_DAYS = 60
WITHDRAWAL_DAYS = 14
