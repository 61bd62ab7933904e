"""Validation of new prices, shared by every form and import that sets one."""

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

#: The highest price of one unit; higher ones are typing errors.
MAX_PRICE = Decimal("99999999.99")
TOO_HIGH = gettext_lazy("A price can be at most %(most)s.")


def refusal_of_price(price: Decimal | None, *, is_confirmed: bool) -> str:
    """Why a price is rejected, or "". Zero needs confirmation; negative prices are never accepted."""
    if price is not None and price > MAX_PRICE:
        return TOO_HIGH % {"most": MAX_PRICE}
    if price is None or price > 0:
        return ""
    if price < 0:
        return _("A price cannot be negative.")
    if is_confirmed:
        return ""
    return _("This would make it free. Enter a price, or confirm that it is free.")


def changed_price(
    price: Decimal | None,
    *,
    new: Decimal | None,
    amount: Decimal | None,
    percentage: Decimal | None,
) -> Decimal | None:
    """The price after a change: a new price, an added amount or an added percentage."""
    if new is not None or price is None:
        return new
    if amount is not None:
        return price + amount
    if percentage is not None:
        return (price * (100 + percentage) / 100).quantize(Decimal("0.01"))
    return price
