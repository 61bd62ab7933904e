"""Amounts of money: rounding, Stripe's minor units, and how a price is written. Pure, no ORM."""

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.numbers import format_currency
from django.utils.translation import get_language, to_locale

CENT = Decimal("0.01")

#: Currencies that Stripe counts in whole units (https://docs.stripe.com/currencies#zero-decimal).
ZERO_DECIMAL = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "MGA",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
#: Stripe's documentation counts it in whole units in one place and in hundredths in another.
UNCLEAR = frozenset(["UGX"])
#: Currencies with three decimals; Oscar's money columns have two, so a check refuses them.
THREE_DECIMAL = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])


def round_money(amount):
    """The amount to the cent, halves away from zero (docs/pricing.md §5)."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def share_of(total, before, units, all_units, *, currency):
    """What ``units`` of ``all_units`` cost, after ``before`` of them, when they cost ``total``.

    Each unit's price may not be a whole cent (a whole yen); parts that follow each other add up to
    the total.
    """
    unit = Decimal(1) if currency.upper() in ZERO_DECIMAL else CENT
    until, since = (
        (total * count / all_units).quantize(unit, rounding=ROUND_HALF_UP)
        for count in (before + units, before)
    )
    return until - since


def to_minor(amount, currency):
    """The amount as Stripe counts it: pence for GBP, whole yen for JPY.

    Raises ValueError where the amount cannot be said exactly in that unit.
    """
    factor = 1 if currency.upper() in ZERO_DECIMAL else 100
    minor = amount * factor
    if minor != minor.to_integral_value():
        raise ValueError(f"{amount} {currency} is not a whole number of minor units")
    return int(minor)


def from_minor(minor, currency):
    """The Decimal amount for a number of Stripe's minor units."""
    if currency.upper() in ZERO_DECIMAL:
        return Decimal(minor)
    return Decimal(minor) / 100


def format_money(amount, currency):
    """The amount as a shopper reads it: "£24", "£24.50". Whole amounts drop their zeros."""
    return _formatted(amount, currency, to_locale(get_language() or "en-gb"))


@lru_cache(maxsize=4096)
def _formatted(amount, currency, locale):
    if amount == amount.to_integral_value():
        return format_currency(amount, currency, "¤#,##0", locale=locale, currency_digits=False)
    return format_currency(amount, currency, locale=locale)
