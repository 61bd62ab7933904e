"""Who brings parcels, and the page on which one is followed (``settings.CARRIERS``)."""

from urllib.parse import quote

from django.conf import settings


def carrier_choices():
    """The known carriers as ``(code, name)``, in their order."""
    return [(code, name) for code, (name, _address) in settings.CARRIERS.items()]


def carrier_name(code):
    """A carrier's name; its code where it is no longer known."""
    name, _address = settings.CARRIERS.get(code, (code, ""))
    return str(name)


def tracking_url(code, number):
    """Where a parcel is followed; "" without a number or where the carrier has no such page.

    Whatever the number holds, it stays one part of the carrier's address.
    """
    _name, address = settings.CARRIERS.get(code, ("", ""))
    return address.format(number=quote(number, safe="")) if address and number else ""
