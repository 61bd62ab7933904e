"""The tax of a basket or an order by rate, as pages, mails and documents show it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from commerce.tax import Relief, TaxRate, rate_in

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket
    from oscar.apps.order.abstract_models import AbstractOrder
    from oscar.core.prices import Price


@dataclass(frozen=True)
class TaxRow:
    """The tax at one rate. ``rate`` is None for lines without a known one."""

    rate: TaxRate | None
    tax: Decimal

    @property
    def label(self) -> str:
        """What stands beside the amount."""
        if self.rate is None:
            return _("including VAT")
        if self.rate.relief:
            return _("No VAT")
        return _("including %(rate)s%% VAT") % {"rate": percent_text(self.rate.percent)}

    @property
    def note(self) -> str:
        """Why there is no VAT; "" if there is."""
        return note_of(self.rate.relief) if self.rate else ""


def note_of(relief: Relief | str) -> str:
    """The sentence that explains a relief to the customer; "" without one."""
    return {
        Relief.EXPORT: _("Export: import VAT and duty may be due on arrival."),
        Relief.REVERSE: _("Reverse charge: you account for the VAT."),
        Relief.OUTSIDE: _("Supplied outside our VAT area."),
    }.get(Relief(relief), "")


def percent_text(percent: Decimal) -> str:
    """A rate as people write it: "20", "5.5", in German "5,5"."""
    plain = percent.normalize() + 0
    return str(number_format(plain, decimal_pos=max(0, -int(plain.as_tuple().exponent))))


def _rows(amounts: Iterable[tuple[str | None, Decimal]]) -> list[TaxRow]:
    sums: dict[TaxRate | None, Decimal] = defaultdict(Decimal)
    for code, tax in amounts:
        sums[rate_in(code)] += tax
    # Two rows of the same rate would differ only in where the goods are taxed.
    by_label: dict[str, TaxRow] = {}
    for rate, tax in sorted(sums.items(), key=lambda row: -(row[0].percent if row[0] else 0)):
        row = TaxRow(rate, tax)
        before = by_label.get(row.label + row.note)
        by_label[row.label + row.note] = TaxRow(rate, tax + (before.tax if before else 0))
    rows = list(by_label.values())
    return [row for row in rows if row.tax or row.note] or rows[:1]


def tax_rows_of_basket(basket: AbstractBasket, charge: Price | None = None) -> list[TaxRow]:
    """The tax of a priced basket by rate, highest first, with that of its delivery."""
    amounts = [
        (
            line.purchase_info.price.tax_code,
            line.line_price_incl_tax_incl_discounts - line.line_price_excl_tax_incl_discounts,
        )
        for line in basket.all_lines()
        if line.purchase_info.price.exists
    ]
    if charge is not None:
        amounts.append((charge.tax_code, charge.tax))
    return _rows(amounts)


def tax_rows_of_order(order: AbstractOrder) -> list[TaxRow]:
    """The tax of an order by rate, highest first."""
    amounts = [
        (line.tax_code, line.line_price_incl_tax - line.line_price_excl_tax)
        for line in order.lines.all()
    ]
    amounts.append((order.shipping_tax_code, order.shipping_incl_tax - order.shipping_excl_tax))
    return _rows(amounts)
