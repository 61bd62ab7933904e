"""Amounts of money: rounding, Stripe's minor units and formatting. Pure, no ORM."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_currency
from django.utils.translation import get_language, to_locale

CENT = Decimal("0.01")

#: Currencies without minor units at Stripe (https://docs.stripe.com/currencies#zero-decimal).
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
#: Stripe's documentation contradicts itself about these currencies.
UNCLEAR = frozenset(["UGX"])
#: Currencies with three decimals. A check rejects them, because Oscar's columns have two.
THREE_DECIMAL = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])

#: The smallest amounts that Stripe charges, by settlement currency
#: (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
SMALLEST_CHARGES = {
    "AED": "2.00", "AUD": "0.50", "BGN": "1.00", "BRL": "0.50", "CAD": "0.50", "CHF": "0.50",
    "CZK": "15.00", "DKK": "2.50", "EUR": "0.50", "GBP": "0.30", "HKD": "4.00", "HUF": "175.00",
    "INR": "0.50", "JPY": "50", "MXN": "10.00", "MYR": "2.00", "NOK": "3.00", "NZD": "0.50",
    "PLN": "2.00", "RON": "2.00", "SEK": "3.00", "SGD": "0.50", "THB": "10.00", "USD": "0.50",
}  # fmt: skip


def smallest_card_payment(currency: str) -> Decimal:
    """The smallest amount that a card is charged; 0 for a currency without a known one."""
    return Decimal(SMALLEST_CHARGES.get(currency.upper(), "0"))


def smallest_unit(currency: str) -> Decimal:
    """A cent, or a whole yen."""
    return Decimal(1) if currency.upper() in ZERO_DECIMAL else CENT


def round_money(amount: Decimal, currency: str = "") -> Decimal:
    """The amount rounded to the cent, or to the yen, halves away from zero (docs/pricing.md §5)."""
    return amount.quantize(smallest_unit(currency), rounding=ROUND_HALF_UP)


def round_discount(amount: Decimal, currency: str, round_type: str = ROUND_DOWN) -> Decimal:
    """A discount rounded down to the cent, or to the yen. Oscar calls it for every offer."""
    return Decimal(amount).quantize(smallest_unit(currency or ""), rounding=round_type)


def share_of(total: Decimal, before: int, units: int, all_units: int, *, currency: str) -> Decimal:
    """The price of ``units`` of ``all_units``, which cost ``total``, after the first ``before``.

    A unit's price may not be a whole cent (or yen), but consecutive shares add up to the total.
    """
    until, since = (
        round_money(total * count / all_units, currency) for count in (before + units, before)
    )
    return until - since


def to_minor(amount: Decimal, currency: str) -> int:
    """The amount in Stripe's minor units: pence for GBP, whole yen for JPY.

    Raises ValueError if it is not a whole number of them.
    """
    factor = 1 if currency.upper() in ZERO_DECIMAL else 100
    minor = amount * factor
    if minor != minor.to_integral_value():
        raise ValueError(f"{amount} {currency} is not a whole number of minor units")
    return int(minor)


def from_minor(minor: int, currency: str) -> Decimal:
    """The amount for a number of Stripe's minor units."""
    if currency.upper() in ZERO_DECIMAL:
        return Decimal(minor)
    return Decimal(minor) / 100


def format_money(amount: Decimal, currency: str) -> str:
    """The amount for display: "£24", "£24.50". Whole amounts have no decimals."""
    return _formatted(amount, currency, to_locale(get_language() or "en-gb"))


def format_exact_money(amount: Decimal, currency: str) -> str:
    """The amount with its decimals even if it is whole: "£24.00"."""
    return format_currency(amount, currency, locale=to_locale(get_language() or "en-gb"))


@lru_cache(maxsize=4096)
def _formatted(amount: Decimal, currency: str, locale: str) -> str:
    if amount == amount.to_integral_value():
        pattern = Locale.parse(locale).currency_formats["standard"].pattern.replace(".00", "")
        return format_currency(amount, currency, pattern, locale=locale, currency_digits=False)
    return format_currency(amount, currency, locale=locale)
