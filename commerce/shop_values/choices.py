"""The values that shop settings may take: currencies, time zones, languages, fonts. No ORM."""

from functools import cache
from zoneinfo import available_timezones

from babel.core import Locale, get_global
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _

from commerce.money import THREE_DECIMAL, UNCLEAR
from commerce.shop_values.fonts import TYPEFACES

#: Languages whose translation is complete.
LANGUAGES = [("en-gb", _("English")), ("de", _("German"))]

#: Shipped typefaces.
FONTS = [(name, face.family) for name, face in TYPEFACES.items()]


def currencies() -> list[tuple[str, str]]:
    """Currencies that can be charged, by name in the active language."""
    return _currencies(to_locale(get_language() or "en"))


@cache
def _currencies(locale: str) -> list[tuple[str, str]]:
    names = Locale.parse(locale).currencies
    territories = get_global("territory_currencies").values()
    today = {row[0] for rows in territories for row in rows if row[2] is None and row[3]}
    codes = (today & names.keys()) - THREE_DECIMAL - UNCLEAR
    return sorted(((code, f"{names[code]} ({code})") for code in codes), key=lambda row: row[1])


@cache
def time_zones() -> list[tuple[str, str]]:
    """Time zones by name, as "Europe/Berlin"."""
    zones = (zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return [(zone, zone.replace("_", " ")) for zone in sorted(zones) if len(zone) <= 40]
