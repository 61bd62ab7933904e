"""Countries that a shop may deliver to, for Oscar's table, which is empty after installation.

Codes and names follow ISO 3166-1 as of 2026. Europe and the larger English-speaking countries.
"""

from collections.abc import Iterable

from oscar.core.loading import get_model

#: Two-letter code: three-letter code, numeric code, name.
COUNTRIES = {
    "AT": ("AUT", "040", "Austria"),
    "AU": ("AUS", "036", "Australia"),
    "BE": ("BEL", "056", "Belgium"),
    "BG": ("BGR", "100", "Bulgaria"),
    "CA": ("CAN", "124", "Canada"),
    "CH": ("CHE", "756", "Switzerland"),
    "CY": ("CYP", "196", "Cyprus"),
    "CZ": ("CZE", "203", "Czechia"),
    "DE": ("DEU", "276", "Germany"),
    "DK": ("DNK", "208", "Denmark"),
    "EE": ("EST", "233", "Estonia"),
    "ES": ("ESP", "724", "Spain"),
    "FI": ("FIN", "246", "Finland"),
    "FR": ("FRA", "250", "France"),
    "GB": ("GBR", "826", "United Kingdom"),
    "GG": ("GGY", "831", "Guernsey"),
    "GR": ("GRC", "300", "Greece"),
    "HR": ("HRV", "191", "Croatia"),
    "HU": ("HUN", "348", "Hungary"),
    "IE": ("IRL", "372", "Ireland"),
    "IM": ("IMN", "833", "Isle of Man"),
    "IS": ("ISL", "352", "Iceland"),
    "IT": ("ITA", "380", "Italy"),
    "JE": ("JEY", "832", "Jersey"),
    "LI": ("LIE", "438", "Liechtenstein"),
    "LT": ("LTU", "440", "Lithuania"),
    "LU": ("LUX", "442", "Luxembourg"),
    "LV": ("LVA", "428", "Latvia"),
    "MT": ("MLT", "470", "Malta"),
    "NL": ("NLD", "528", "Netherlands"),
    "NO": ("NOR", "578", "Norway"),
    "NZ": ("NZL", "554", "New Zealand"),
    "PL": ("POL", "616", "Poland"),
    "PT": ("PRT", "620", "Portugal"),
    "RO": ("ROU", "642", "Romania"),
    "SE": ("SWE", "752", "Sweden"),
    "SI": ("SVN", "705", "Slovenia"),
    "SK": ("SVK", "703", "Slovakia"),
    "US": ("USA", "840", "United States"),
}


def open_countries(codes: Iterable[str]) -> list[str]:
    """Create missing countries and open them to delivery. Returns the codes of the new ones.

    Existing countries are not changed, even if closed. Raises KeyError for an unknown code.
    """
    Country = get_model("address", "Country")
    made = []
    for position, code in enumerate(codes):
        code3, number, name = COUNTRIES[code]
        _country, is_new = Country.objects.get_or_create(
            iso_3166_1_a2=code,
            defaults={
                "iso_3166_1_a3": code3,
                "iso_3166_1_numeric": number,
                "printable_name": name,
                "name": name,
                "display_order": max(0, 100 - position),
                "is_shipping_country": True,
            },
        )
        if is_new:
            made.append(code)
    return made
