"""Basket lines as pages show them: title, option, photo, prices and notice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from wagtail.images.models import AbstractImage

from commerce.basket.checks import Notice, notices_for, units_by_product, units_possible
from commerce.clock import shop_now
from commerce.index.listings import LineDisplay, line_displays, product_url
from commerce.money import round_money
from commerce.options.personal import Choice, choices_of, surcharge_of
from commerce.pricing.automatic_offers import is_automatic
from commerce.pricing.price_history import prior_price, timelines_of
from commerce.pricing.unit_prices import UnitPrice, shown_unit_price
from commerce.stock.availability import sent_later_text
from commerce.stock.selling import selling_of

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket, AbstractLine


@dataclass(frozen=True)
class BasketLine:
    """One line. Prices include tax; ``sum_before`` is the sum before discounts, if they are not even.

    ``later`` says from when it is sent, "" if at once. ``price`` is the unit price after discounts
    if they reduce every unit equally, as on a card; otherwise it is the price before discounts.
    ``unit_price`` belongs to it. ``price_before`` is the price without them, or the one before a
    reduction (docs/pricing.md, "Before"), if higher: a row has one price before, never two.
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
    priors = _priors_of(lines)
    rows, earlier = [], Counter[int]()
    for line in lines:
        row = _line(
            line,
            display=displays[line.product_id],
            notice=notices.get(line.pk),
            available=units_possible(line, units[line.product_id]),
            earlier=earlier[line.product_id],
            priors=priors,
        )
        rows.append(row)
        earlier[line.product_id] += line.quantity
    return rows


def _priors_of(lines: Iterable[AbstractLine]) -> dict[int, Decimal | None]:
    """The prices before the reductions in force, by the product's key. One query if there are any."""
    reduced = {
        line.product_id: line.purchase_info.stockrecord
        for line in lines
        if line.purchase_info.price.exists and _is_reduced(line)
    }
    timelines = timelines_of(reduced) if reduced else {}
    until, found = shop_now() + timedelta.resolution, {}
    for pk, record in reduced.items():
        timeline = timelines.get((pk, record.price_currency))
        found[pk] = prior_price(timeline, until) if timeline else record.price
    return found


def _is_reduced(line: AbstractLine) -> bool:
    """Whether a sale or an automatic offer lowers the price of one unit, as on its card."""
    own = Decimal(line.purchase_info.price.own) - surcharge_of(line)
    return line.purchase_info.stockrecord.price > own or _automatic_discount(line) > 0


def _automatic_discount(line: AbstractLine) -> Decimal:
    """What automatic offers take off a line."""
    return sum(
        (Decimal(row.amount) for row in line.discounts if row.offer and is_automatic(row.offer)),
        Decimal(0),
    )


def _price_before(line: AbstractLine, shown: Decimal, prior: Decimal | None) -> Decimal | None:
    """The one price that a line strikes through: before a reduction, or before its other discounts."""
    price = line.purchase_info.price
    on_card = price.incl_tax - _automatic_discount(line) / line.quantity
    before = [on_card]
    if prior is not None:
        before.append(price.at_destination(prior + surcharge_of(line)))
    highest = round_money(max(before), price.currency)
    return highest if highest > shown else None


def _line(
    line: AbstractLine,
    *,
    display: LineDisplay,
    notice: Notice | None,
    available: int,
    earlier: int,
    priors: Mapping[int, Decimal | None],
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
    prior = priors.get(line.product_id)
    price_before = _price_before(line, shown_price, prior) if price.exists else None
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
        price_before=price_before,
        unit_price=shown_unit_price(shown_price, line.price_currency, selling),
        sum=after,
        sum_before=before if before != after and price_before is None and not is_even else None,
        notice=notice,
    )
