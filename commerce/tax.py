"""Value added tax inside a price that includes it. Pure, no ORM. Rules: docs/pricing.md §4."""

from dataclasses import dataclass
from decimal import Decimal

from commerce.money import round_money

#: The United Kingdom's standard rate, which applies to all that the shop sells.
STANDARD_RATE = Decimal("0.20")
STANDARD_CODE = "GB-standard"


@dataclass(frozen=True)
class TaxSplit:
    """``excl + tax`` is exactly the price it was made from."""

    excl: Decimal
    tax: Decimal


def split_gross(gross, rate=STANDARD_RATE):
    """Split a price that includes tax; the net part is rounded, the tax is the rest."""
    excl = round_money(gross / (1 + rate))
    return TaxSplit(excl=excl, tax=gross - excl)
