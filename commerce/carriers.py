"""Parcel carriers and their tracking pages (``settings.CARRIERS``)."""

from urllib.parse import quote

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

#: The code of goods that the customer collects at the shop. Staff can't choose it.
COLLECTION = "collection"


def carrier_choices(country: str) -> list[tuple[str, str]]:
    """The configured carriers as ``(code, name)``: those of a country, of all countries, of others.

    Within each group in the order of the settings; "other" is the last.
    """

    def place(code: str) -> tuple[bool, int]:
        countries = settings.CARRIERS[code]["countries"]
        return code == "other", 0 if country in countries else 2 if countries else 1

    codes = sorted(settings.CARRIERS, key=place)
    return [(code, str(settings.CARRIERS[code]["name"])) for code in codes]


def carrier_name(code: str) -> str:
    """A carrier's name; its code if it is no longer configured."""
    if code == COLLECTION:
        return _("Collection at the shop")
    carrier = settings.CARRIERS.get(code)
    return str(carrier["name"]) if carrier else code


def tracking_url(code: str, number: str) -> str:
    """The tracking page of a parcel in the active language, or else in the carrier's.

    "" without a number or a tracking page. The number is escaped, so it cannot change the rest of the
    URL.
    """
    carrier = settings.CARRIERS.get(code)
    pages = carrier["tracking"] if carrier else {}
    if not pages or not number:
        return ""
    language = (get_language() or "").partition("-")[0]
    address = pages.get(language) or next(iter(pages.values()))
    return address.format(number=quote(number, safe=""))
