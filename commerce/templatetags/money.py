"""Formats prices in templates."""

from decimal import Decimal
from typing import Any

from django import template

from commerce.money import format_exact_money, format_money
from commerce.pricing import discounts
from commerce.shop_settings.current import current_shop
from commerce.taxes.rows import TaxRow, percent_text, tax_rows_of_order

register = template.Library()


@register.filter
def money(amount: Decimal | int | str | None, currency: str | None = None) -> str:
    """``{{ amount|money:currency }}`` as "£24" or "£24.50"; "" for None."""
    if amount is None:
        return ""
    return format_money(Decimal(amount), currency or current_shop().currency)


@register.filter
def exact_money(amount: Decimal, currency: str) -> str:
    """An amount with its decimals even if it is whole: columns of accounts line up."""
    return format_exact_money(amount, currency)


@register.filter
def percent(rate: Decimal) -> str:
    """A percentage without trailing zeros: "20", "5.5"."""
    return percent_text(rate)


@register.filter
def tax_rows(order: Any) -> list[TaxRow]:
    """The tax of an order by rate, for components/tax_rows.html."""
    return tax_rows_of_order(order)


@register.filter
def discount_name(discount: Any) -> str:
    """The name of an order's discount: "Voucher CODE", or the offer's name."""
    return discounts.discount_name(discount)
