"""Value added tax in prices that include it. Pure, no ORM. Rules: docs/pricing.md §4."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from commerce.money import round_money

#: Rates of codes that orders bear and that do not name their rate.
NAMED_CODES = {"GB-standard": Decimal(20)}
_CODE = re.compile(
    r"(?P<country>[A-Z]{2}(?:-(?:[A-Z]{2,3}|\d\d))?)"
    r"-(?P<percent>\d{1,2}(?:\.\d{1,4})?)"
    r"(?:-(?P<relief>export|reverse|outside))?"
).fullmatch


class Relief(StrEnum):
    """Why goods bear no VAT although their class would."""

    NONE = ""
    #: Leaves the VAT area: zero-rated.
    EXPORT = "export"
    #: A business in another member state accounts for it.
    REVERSE = "reverse"
    #: Supplied where the customer is, in a country that the shop is not registered in.
    OUTSIDE = "outside"


@dataclass(frozen=True)
class TaxSplit:
    """``excl + tax`` is exactly the price that was split."""

    excl: Decimal
    tax: Decimal


@dataclass(frozen=True)
class TaxRate:
    """A rate of VAT: the country ("GB") or part of one ("PT-20") that it is of, and a percentage of the net price.

    With a relief the percentage is 0 and the country is the destination.
    """

    country: str
    percent: Decimal
    relief: Relief = Relief.NONE

    @property
    def code(self) -> str:
        """What a line of a basket or order stores: "GB-20", "FR-5.5", "PT-20-16", "US-0-export"."""
        code = f"{self.country}-{self.percent.normalize() + 0:f}"
        return f"{code}-{self.relief}" if self.relief else code

    def split(self, gross: Decimal, currency: str = "") -> TaxSplit:
        """Split a price that includes tax: the net part is rounded, the tax is the rest."""
        excl = round_money(gross / (1 + self.percent / 100), currency)
        return TaxSplit(excl=excl, tax=gross - excl)

    def gross_of(self, net: Decimal) -> Decimal:
        """The price with tax of a net price, not rounded."""
        return net * (1 + self.percent / 100)

    def net_of(self, gross: Decimal) -> Decimal:
        """The net price, not rounded."""
        return gross / (1 + self.percent / 100)


def rate_in(code: str | None) -> TaxRate | None:
    """The rate that a stored tax code names; None if it names none."""
    if code in NAMED_CODES:
        return TaxRate(code[:2], NAMED_CODES[code])
    found = _CODE(code or "")
    if not found:
        return None
    return TaxRate(found["country"], Decimal(found["percent"]), Relief(found["relief"] or ""))


def percent_in(code: str | None) -> Decimal | None:
    """The percentage that a stored tax code names; None if it names none."""
    rate = rate_in(code)
    return rate.percent if rate else None
