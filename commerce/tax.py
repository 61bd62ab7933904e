"""Value added tax in prices that include it. Pure, no ORM. Rules: docs/pricing.md §4."""

import re
from dataclasses import dataclass
from decimal import Decimal

from commerce.money import round_money

#: Rates of codes that orders bear and that do not name their rate.
NAMED_CODES = {"GB-standard": Decimal(20)}
_CODE = re.compile(r"[A-Z]{2}-(\d{1,2}(?:\.\d{1,2})?)").fullmatch


@dataclass(frozen=True)
class TaxSplit:
    """``excl + tax`` is exactly the price that was split."""

    excl: Decimal
    tax: Decimal


@dataclass(frozen=True)
class TaxRate:
    """A rate of VAT: the country that it is of ("GB"), and a percentage of the net price."""

    country: str
    percent: Decimal

    @property
    def code(self) -> str:
        """What a line of a basket or order stores: "GB-20", "DE-7", "FR-5.5"."""
        return f"{self.country}-{self.percent.normalize():f}"

    def split(self, gross: Decimal) -> TaxSplit:
        """Split a price that includes tax: the net part is rounded, the tax is the rest."""
        excl = round_money(gross / (1 + self.percent / 100))
        return TaxSplit(excl=excl, tax=gross - excl)


def percent_in(code: str | None) -> Decimal | None:
    """The percentage that a stored tax code names; None if it names none."""
    if code in NAMED_CODES:
        return NAMED_CODES[code]
    found = _CODE(code or "")
    return Decimal(found[1]) if found else None
