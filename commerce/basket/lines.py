"""Basket lines as pages show them: title, option, photo, prices and notice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from wagtail.images.models import AbstractImage

from commerce.basket.checks import Notice, notices_for, units_by_product, units_possible
from commerce.index.listings import LineDisplay, line_displays, product_url
from commerce.money import round_money
from commerce.options.personal import Choice, choices_of, surcharge_of
from commerce.pricing.unit_prices import UnitPrice, shown_unit_price
from commerce.stock.availability import sent_later_text
from commerce.stock.selling import selling_of

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket, AbstractLine


@dataclass(frozen=True)
class BasketLine:
    """One line. Prices include tax; ``sum_before`` is the sum before discounts, if different.

    ``later`` says from when it is sent, "" if at once. ``price`` is the unit price after discounts
    if they reduce every unit equally, as on a card; otherwise it is the price before discounts.
    ``unit_price`` belongs to it. ``price_before`` is the price without discounts and sales, if
    different.
    """

    line_id: int
    product_id: int
    title: str
    option: str
    choices: list[Choice]
    later: str
    url: str
    photo: AbstractImage | None
    quantity: int
    available: int
    step: int
    price: Decimal
    price_before: Decimal | None
    unit_price: UnitPrice | None
    sum: Decimal
    sum_before: Decimal | None
    notice: Notice | None

    @property
    def is_too_many(self) -> bool:
        """Whether some units are available, but fewer than the line asks for."""
        return bool(self.notice and self.notice.is_blocking and 0 < self.available < self.quantity)


def lines_of(basket: AbstractBasket, *, read: Collection[str] = ()) -> list[BasketLine]:
    """The lines of a basket in the order in which they were added. Constant in queries.

    Notices whose mark is in ``read`` are left out.
    """
    lines = sorted(basket.all_lines(), key=lambda line: (line.date_created, line.pk))
    displays = line_displays([line.product for line in lines])
    units = units_by_product(basket)
    notices = {row.line_id: row for row in notices_for(basket) if row.seen_key not in read}
    rows, earlier = [], Counter[int]()
    for line in lines:
        row = _line(
            line,
            display=displays[line.product_id],
            notice=notices.get(line.pk),
            available=units_possible(line, units[line.product_id]),
            earlier=earlier[line.product_id],
        )
        rows.append(row)
        earlier[line.product_id] += line.quantity
    return rows


def _line(
    line: AbstractLine, *, display: LineDisplay, notice: Notice | None, available: int, earlier: int
) -> BasketLine:
    product = line.product
    shown = product.parent or product
    url = product_url(shown.pk, shown.slug)
    info = line.purchase_info
    price = info.price
    before = line.line_price_incl_tax if price.exists else Decimal(0)
    after = line.line_price_incl_tax_incl_discounts if price.exists else Decimal(0)
    unit = price.incl_tax if price.exists else Decimal(0)
    is_even = before != after and round_money(after / line.quantity) * line.quantity == after
    shown_price = round_money(after / line.quantity) if is_even else unit
    selling = selling_of(product)
    list_price = info.stockrecord.price + surcharge_of(line) if price.exists else Decimal(0)
    return BasketLine(
        line_id=line.pk,
        product_id=product.pk,
        title=shown.title,
        option=display.option,
        choices=choices_of(line.attributes.all()),
        later=sent_later_text(info.stockrecord, line.quantity, before=earlier),
        url=f"{url}?variant={product.pk}" if product.parent_id else url,
        photo=display.photo,
        quantity=line.quantity,
        available=available,
        step=selling.step,
        price=shown_price,
        price_before=list_price if shown_price < list_price else None,
        unit_price=shown_unit_price(shown_price, line.price_currency, selling),
        sum=after,
        sum_before=before if before != after else None,
        notice=notice,
    )
