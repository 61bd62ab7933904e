"""Value added tax in prices that include it. Pure, no ORM. Rules: docs/pricing.md §4."""

from dataclasses import dataclass
from decimal import Decimal

from commerce.money import round_money

#: The standard rate of the United Kingdom, applied to all products.
STANDARD_RATE = Decimal("0.20")
STANDARD_CODE = "GB-standard"


@dataclass(frozen=True)
class TaxSplit:
    """``excl + tax`` is exactly the price that was split."""

    excl: Decimal
    tax: Decimal


def split_gross(gross: Decimal, rate: Decimal = STANDARD_RATE) -> TaxSplit:
    """Split a price that includes tax: the net part is rounded, the tax is the rest."""
    excl = round_money(gross / (1 + rate))
    return TaxSplit(excl=excl, tax=gross - excl)
