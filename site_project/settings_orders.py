"""Orders after payment: statuses, carriers, and periods of links, returns and withdrawals.

The rules are in docs/orders.md. ``site_project.settings`` imports all of these settings.
"""

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

#: Carriers by code: name and tracking URL, with ``{number}`` for the tracking number.
CARRIERS = {
    "royal-mail": (
        _("Royal Mail"),
        "https://www.royalmail.com/track-your-item#/tracking-results/{number}",
    ),
    "dpd": (_("DPD"), "https://track.dpd.co.uk/search?reference={number}"),
    "dhl": (_("DHL"), "https://www.dhl.com/gb-en/home/tracking.html?tracking-id={number}"),
    "other": (_("Other carrier"), ""),
}

#: Days a link to a guest's order works: that of the confirmation, and one requested later.
CONFIRMATION_LINK_DAYS = 60
GUEST_LINK_DAYS = 14

#: Days after the last delivery in which a return or a legal withdrawal can be requested.
RETURN_DAYS = 60
WITHDRAWAL_DAYS = 14
