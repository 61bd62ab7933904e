"""Parcel carriers and their tracking pages (``settings.CARRIERS``)."""

from urllib.parse import quote

from django.conf import settings


def carrier_choices() -> list[tuple[str, str]]:
    """The configured carriers as ``(code, name)``, in order."""
    return [(code, str(name)) for code, (name, _address) in settings.CARRIERS.items()]


def carrier_name(code: str) -> str:
    """A carrier's name; its code if it is no longer configured."""
    name, _address = settings.CARRIERS.get(code, (code, ""))
    return str(name)


def tracking_url(code: str, number: str) -> str:
    """The tracking page of a parcel; "" without a number or a tracking page.

    The number is escaped, so it cannot change the rest of the URL.
    """
    _name, address = settings.CARRIERS.get(code, ("", ""))
    return address.format(number=quote(number, safe="")) if address and number else ""
