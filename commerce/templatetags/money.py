"""Formats prices in templates."""

from decimal import Decimal
from typing import Any

from django import template

from commerce.money import format_money
from commerce.pricing import discounts
from commerce.shop_settings.current import current_shop

register = template.Library()


@register.filter
def money(amount: Decimal | int | str | None, currency: str | None = None) -> str:
    """``{{ amount|money:currency }}`` as "£24" or "£24.50"; "" for None."""
    if amount is None:
        return ""
    return format_money(Decimal(amount), currency or current_shop().currency)


@register.filter
def discount_name(discount: Any) -> str:
    """The name of an order's discount: "Voucher CODE", or the offer's name."""
    return discounts.discount_name(discount)
