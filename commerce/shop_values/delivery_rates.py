"""Delivery prices by weight, as a merchant writes them: "2000 5.90" per line. Pure."""

import re
from decimal import Decimal

#: Grams, then a price with an optional decimal point or comma.
LINE = re.compile(r"^(\d{1,7})\s+(\d{1,6}(?:[.,]\d{1,2})?)$")


def rates_in(text: str) -> tuple[tuple[int, Decimal], ...]:
    """The steps of a text, ``(up to grams, price)``, ascending. Raises ValueError with the bad line."""
    found: dict[int, Decimal] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        match = LINE.match(line)
        if match is None or int(match[1]) in found:
            raise ValueError(line)
        found[int(match[1])] = Decimal(match[2].replace(",", ".")).quantize(Decimal("0.01"))
    return tuple(sorted(found.items()))


def rate_for(rates: tuple[tuple[int, Decimal], ...], weight: int) -> Decimal | None:
    """The price of a weight in grams; None if it is heavier than the last step."""
    return next((price for most, price in rates if weight <= most), None)
