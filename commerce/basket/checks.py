"""What a basket may contain, and notices about changed prices and missing stock."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commerce.basket.stored_price import store_price
from commerce.money import format_money, to_minor
from commerce.shop_settings.current import current_shop
from commerce.stock.availability import is_for_sale, most_of, units_available
from commerce.stock.selling import Selling, sellable_units, selling_of

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket, AbstractLine
    from oscar.apps.catalogue.abstract_models import AbstractProduct

#: Lines of one product that differ in their personal texts. Each request of a basket reads all lines.
MOST_TEXTS = 50


@dataclass(frozen=True)
class Notice:
    """A notice about one basket line. ``is_blocking`` if the line cannot be ordered as it is.

    Notices shown once have a ``seen_key`` made of the line and the price.
    """

    line_id: int
    title: str
    text: str
    is_blocking: bool
    seen_key: str = ""


def notices_for(basket: AbstractBasket) -> list[Notice]:
    """Notices about the lines of a basket, in line order. Writes nothing."""
    notices, units = [], units_by_product(basket)
    for line in basket.all_lines():
        title = line.product.get_title()
        text, is_blocking = _stock_notice(line, units[line.product_id])
        if text:
            notices.append(Notice(line.pk, title, text, is_blocking))
        elif text := _price_notice(line):
            price = line.purchase_info.price
            seen_key = f"{line.pk}-{to_minor(price.incl_tax, price.currency)}"
            notices.append(Notice(line.pk, title, text, is_blocking=False, seen_key=seen_key))
    return notices


def units_by_product(basket: AbstractBasket) -> Counter[int]:
    """The units of each product: lines that differ in their personal options share its stock."""
    units: Counter[int] = Counter()
    for line in basket.all_lines():
        units[line.product_id] += line.quantity
    return units


def units_possible(line: AbstractLine, units: int) -> int:
    """The most units that a line can have, of ``units`` of its product in the basket."""
    if not is_for_sale(line.product):
        return 0
    most = sellable_units(selling_of(line.product), units_available(line.stockrecord))
    return max(most - (units - line.quantity), 0)


def _stock_notice(line: AbstractLine, units: int) -> tuple[str, bool]:
    """The notice of a line, and whether it blocks; ``units`` are those of all lines of its product."""
    can_be_had = is_for_sale(line.product) and line.purchase_info.price.exists
    available = units_available(line.stockrecord) if can_be_had else 0
    if available == 0:
        return _("has sold out. Remove it to continue."), True
    if refusal := refusal_of_quantity(selling_of(line.product), units):
        return refusal, True
    if available < units:
        text = ngettext(
            "has only %(units)d left. Reduce the quantity to continue.",
            "has only %(units)d left. Reduce the quantity to continue.",
            available,
        )
        return text % {"units": available}, True
    return "", False


def _price_notice(line: AbstractLine) -> str:
    """Compare with the price when the line was added, which Oscar stores on the line."""
    price = line.purchase_info.price
    if not price.exists or line.price_incl_tax is None:
        return ""
    before = price.at_destination(line.price_incl_tax)
    if price.incl_tax == before:
        return ""
    prices = {
        "old": format_money(before, price.currency),
        "new": format_money(price.incl_tax, price.currency),
    }
    if price.incl_tax < before:
        return _("now costs %(new)s instead of %(old)s: the price has dropped.") % prices
    return _("now costs %(new)s instead of %(old)s since you added it.") % prices


def refusal_of_quantity(selling: Selling, units: int) -> str:
    """Why a product is not sold in this quantity, or "": the least, the step and the most."""
    if units > (most := most_of(selling)):
        return _("is limited to %(most)d in one order.") % {"most": most}
    if units >= selling.least and units % selling.step == 0:
        return ""
    if selling.step == 1:
        return _("is sold in quantities of %(least)d or more.") % {"least": selling.least}
    near = max(round(units / selling.step) * selling.step, selling.least)
    text = _("is sold in multiples of %(step)d, at least %(least)d. Try %(near)d.")
    return text % {"step": selling.step, "least": selling.least, "near": near}


def check_quantity(basket: AbstractBasket, *, product: AbstractProduct, more: int) -> None:
    """Raise ValidationError, saying what is possible, if ``more`` units cannot be added."""
    info = basket.strategy.fetch_for_product(product)
    if not (info.price.exists and info.stockrecord and is_for_sale(product)):
        raise ValidationError(_("This product is not for sale at the moment."))
    in_basket = basket.product_quantity(product) if basket.pk else 0
    available = units_available(info.stockrecord)
    if available <= 0:
        raise ValidationError(_("Sorry, this product has just sold out."))
    if in_basket + more > available:
        raise ValidationError(_shortage_text(available, in_basket, product))
    check_step(product, in_basket + more)
    if refusal := refusal_of_items((basket.num_items if basket.pk else 0) + more):
        raise ValidationError(refusal)


def refusal_of_items(items: int) -> str:
    """Why an order cannot contain so many items, or ""."""
    most = current_shop().max_items
    if items <= most:
        return ""
    return _("One order can contain at most %(most)d items.") % {"most": most}


def check_texts(basket: AbstractBasket, product: AbstractProduct) -> None:
    """Raise ValidationError if a product has ``MOST_TEXTS`` lines already, each with other texts."""
    if basket.pk and basket.lines.filter(product=product).count() >= MOST_TEXTS:
        text = _("“%(title)s” is in your basket with %(most)d different texts. Order these first.")
        raise ValidationError(text % {"title": product.get_title(), "most": MOST_TEXTS})


def check_step(product: AbstractProduct, units: int) -> None:
    """Raise ValidationError if a product is not sold in this quantity."""
    if refusal := refusal_of_quantity(selling_of(product), units):
        raise ValidationError(f"{product.get_title()} {refusal}")


def _shortage_text(available: int, in_basket: int, product: AbstractProduct) -> str:
    if available == most_of(selling_of(product)):
        text = _("One order can contain at most %(most)d of this product.") % {"most": available}
        if in_basket:
            text += " " + _in_basket_text(in_basket)
        return text
    text = ngettext(
        "There is only %(available)d of this product.",
        "There are only %(available)d of this product.",
        available,
    ) % {"available": available}
    if in_basket:
        text += " " + _in_basket_text(in_basket)
    return text


def _in_basket_text(units: int) -> str:
    return ngettext(
        "You have one in your basket already.", "You have %(count)d in your basket already.", units
    ) % {"count": units}


def accept_prices(basket: AbstractBasket) -> None:
    """Mark the current prices as seen, by storing them on the lines.

    Call it when the shopper changes the basket.
    """
    for line in basket.all_lines():
        price = line.purchase_info.price
        if price.exists:
            store_price(line, price)
