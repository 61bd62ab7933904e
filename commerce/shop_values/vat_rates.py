"""The VAT rates that come with the software: ``vat_rates.csv``, which names its sources and its date. Pure."""

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

#: The day on which the file was last compared with its sources.
AS_OF = date(2026, 11, 28)
STANDARD = "standard"
#: Territories whose rates are those of another.
SAME_RATES = {"IM": "GB", "XI": "GB", "LI": "CH", "MC": "FR"}


@cache
def _rows() -> dict[tuple[str, str], list[tuple[date, Decimal]]]:
    """``{(country, class): [(first day, percent), …]}``, the latest day first."""
    rows: dict[tuple[str, str], list[tuple[date, Decimal]]] = defaultdict(list)
    text = Path(__file__).with_name("vat_rates.csv").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for row in csv.DictReader(lines):
        key = row["country"], row["tax_class"]
        rows[key].append((date.fromisoformat(row["since"]), Decimal(row["percent"])))
    return {key: sorted(periods, reverse=True) for key, periods in rows.items()}


def shipped_percent(country: str, tax_class: str, on: date) -> Decimal | None:
    """The rate of a class in a country ("GB") or a part of it ("PT-20") on a day; None if it has none."""
    periods = _rows().get((SAME_RATES.get(country, country), tax_class), ())
    return next((percent for since, percent in periods if since <= on), None)


def standard_percent(country: str, on: date | None = None) -> Decimal:
    """The standard rate of a country on a day (default: the latest known); 0 if it is not known."""
    return shipped_percent(country, STANDARD, on or date.max) or Decimal(0)


def shipped_rates(on: date) -> dict[str, dict[str, Decimal]]:
    """All rates on a day: ``{country: {class: percent}}``."""
    found: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for country, tax_class in _rows():
        percent = shipped_percent(country, tax_class, on)
        if percent is not None:
            found[country][tax_class] = percent
    return dict(found)
