"""The life of an order after payment: its pipeline, carriers, and how long links and returns hold.

The rules around these are in docs/orders.md; ``site_project.settings`` takes all of it in.
"""

from django.utils.translation import gettext_lazy as _

OSCAR_INITIAL_ORDER_STATUS = "Pending payment"
OSCAR_INITIAL_LINE_STATUS = "Pending payment"
#: Every way there is. Who may take which, and what it entails, is in commerce.orders.pipeline.
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
#: Lines follow their order, but where only some of them left the house: then each has its own.
OSCAR_ORDER_STATUS_CASCADE = {
    status: status for status in OSCAR_ORDER_STATUS_PIPELINE if status != "Part shipped"
}

#: Who brings parcels: by code the name and the address that follows one, ``{number}`` in it.
CARRIERS = {
    "royal-mail": (
        _("Royal Mail"),
        "https://www.royalmail.com/track-your-item#/tracking-results/{number}",
    ),
    "dpd": (_("DPD"), "https://track.dpd.co.uk/search?reference={number}"),
    "dhl": (_("DHL"), "https://www.dhl.com/gb-en/home/tracking.html?tracking-id={number}"),
    "other": (_("Other carrier"), ""),
}

#: Days for which a link opens a guest's order: the confirmation's, and one that was asked for.
CONFIRMATION_LINK_DAYS = 60
GUEST_LINK_DAYS = 14

#: Days after the last parcel arrived in which a return can be asked for, and those of the law.
RETURN_DAYS = 60
WITHDRAWAL_DAYS = 14
