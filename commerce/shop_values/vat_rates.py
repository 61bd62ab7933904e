"""The standard VAT rates of countries, in per cent. Prices contain no VAT elsewhere.

Source: the European Commission's "VAT rates applied in the Member States" and the tax authorities
of the other countries, as of November 2026.
"""

from decimal import Decimal

STANDARD_PERCENTS = {
    country: Decimal(percent)
    for country, percent in {
        "AT": "20", "BE": "21", "BG": "20", "CH": "8.1", "CY": "19", "CZ": "21", "DE": "19",
        "DK": "25", "EE": "24", "ES": "21", "FI": "25.5", "FR": "20", "GB": "20", "GR": "24",
        "HR": "25", "HU": "27", "IE": "23", "IM": "20", "IS": "24", "IT": "22", "LI": "8.1", "LT": "21",
        "LU": "17", "LV": "21", "MT": "18", "NL": "21", "NO": "25", "PL": "23", "PT": "23",
        "RO": "21", "SE": "25", "SI": "22", "SK": "23",
    }.items()
}  # fmt: skip


def standard_percent(country: str) -> Decimal:
    """The standard rate of a country ("GB"); 0 if it is not known."""
    return STANDARD_PERCENTS.get(country, Decimal(0))
