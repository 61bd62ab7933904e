"""What may be saved as a price, on every way that sets one."""

from decimal import Decimal

from django.utils.translation import gettext as _


def refusal_of_price(price: Decimal | None, *, is_meant: bool) -> str:
    """Why a price is not saved; "" where it is. A price of nothing must be meant, one below never is."""
    if price is None or price > 0:
        return ""
    if price < 0:
        return _("A price cannot be below nothing.")
    if is_meant:
        return ""
    return _("That would give it away. Type a price, or say that it is meant.")


def changed_price(
    price: Decimal | None,
    *,
    new: Decimal | None,
    amount: Decimal | None,
    percentage: Decimal | None,
) -> Decimal | None:
    """What a change makes of a price: a new one, so much more, or so many per cent more."""
    if new is not None or price is None:
        return new
    if amount is not None:
        return price + amount
    if percentage is not None:
        return (price * (100 + percentage) / 100).quantize(Decimal("0.01"))
    return price
