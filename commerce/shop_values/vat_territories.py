"""Territories of VAT: which tax area an address belongs to. Pure.

Sources: Directive 2006/112/EC, articles 5 to 7; for Northern Ireland the Windsor Framework, article 8; for
the Channel Islands and the Isle of Man the UK's VAT Notice 703, section 2; for Liechtenstein its treaty with
Switzerland of 1994.
"""

import re
from dataclasses import dataclass

#: The member states of the European Union, as of 2026.
EU_STATES = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)
EU = "EU"
#: Northern Ireland: the EU's territory for goods, the United Kingdom's for everything else.
NORTHERN_IRELAND = "XI"

#: Parts of a country with rates of their own, or outside its VAT: code, and the postcodes in a pattern.
_PARTS = {
    "AT": [("AT-JM", r"6691|699[123]")],
    "DE": [("DE-OUT", r"27498|78266")],  # Heligoland, Büsingen
    "ES": [("ES-OUT", r"(35|38|51|52)\d{3}")],  # Canary Islands, Ceuta, Melilla
    "FI": [("AX", r"22\d{3}")],  # Åland
    "FR": [("MC", r"980\d\d"), ("FR-OUT", r"9[78]\d{3}")],  # Monaco; overseas
    "GB": [("XI", r"BT\d.*"), ("JE", r"JE\d.*"), ("GG", r"GY\d.*"), ("IM", r"IM\d.*")],
    "GR": [("GR-OUT", r"63086")],  # Mount Athos
    "IT": [("IT-OUT", r"23041|22061")],  # Livigno, Campione d'Italia
    "NO": [("SJ", r"917\d")],  # Svalbard
    "PT": [("PT-30", r"9[0-4]\d{2}.*"), ("PT-20", r"9[5-9]\d{2}.*")],  # Madeira, the Azores
}  # fmt: skip
PARTS = {
    country: [(code, re.compile(pattern).fullmatch) for code, pattern in rows]
    for country, rows in _PARTS.items()
}
#: Territories that belong to another country's VAT.
_SAME_VAT = {"IM": "GB", "LI": "CH", "MC": "FR"}
#: Those with rates that differ from the rest of their country.
_WITH_RATES = frozenset({"AT-JM", "PT-20", "PT-30"})


@dataclass(frozen=True)
class Territory:
    """Where goods go, as VAT sees it.

    ``code`` is that of its rates: a country's, or "PT-20" for the Azores. ``state`` is the country whose
    VAT applies. ``goods_area`` and ``services_area`` are "EU", or the state's code.
    """

    code: str
    state: str
    goods_area: str
    services_area: str


def territory_of(country: str, postcode: str = "") -> Territory:
    """The territory of an address; without a postcode, the country's main part."""
    plain = postcode.upper().replace(" ", "")
    code = next((part for part, is_match in PARTS.get(country, ()) if is_match(plain)), country)
    return territory_by_code(code)


def territory_by_code(code: str) -> Territory:
    """The territory with a code, such as that of an order's tax: "XI", "PT-20", "DE"."""
    if code == NORTHERN_IRELAND:
        return Territory(code, "GB", EU, "GB")
    if code in _WITH_RATES:
        return Territory(code, code[:2], EU, EU)
    state = _SAME_VAT.get(code, code)
    area = EU if state in EU_STATES else state
    return Territory(code, state, area, area)
