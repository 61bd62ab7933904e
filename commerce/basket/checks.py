"""What a basket may hold, and what its shopper has to be told: a price moved, stock went."""

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commerce.money import format_money, to_minor
from commerce.stock.availability import is_for_sale, units_available


@dataclass(frozen=True)
class Notice:
    """One thing to know about one line. ``is_blocking`` where it cannot be ordered like this.

    What is only said once has a ``mark``: the line and the price that it tells of.
    """

    line_id: int
    title: str
    text: str
    is_blocking: bool
    mark: str = ""


def notices_for(basket):
    """Notices on the lines of a basket, in their order. Writes nothing."""
    notices = []
    for line in basket.all_lines():
        title = line.product.get_title()
        text, is_blocking = _stock_notice(line)
        if text:
            notices.append(Notice(line.pk, title, text, is_blocking))
        elif text := _price_notice(line):
            price = line.purchase_info.price
            mark = f"{line.pk}-{to_minor(price.incl_tax, price.currency)}"
            notices.append(Notice(line.pk, title, text, is_blocking=False, mark=mark))
    return notices


def _stock_notice(line):
    can_be_had = is_for_sale(line.product) and line.purchase_info.price.exists
    available = units_available(line.stockrecord) if can_be_had else 0
    if available == 0:
        return _("is sold out now. Remove it to go on."), True
    if available < line.quantity:
        text = ngettext(
            "has only %(units)d left. Lower the quantity to go on.",
            "has only %(units)d left. Lower the quantity to go on.",
            available,
        )
        return text % {"units": available}, True
    return "", False


def _price_notice(line):
    """Compares with the price that the line was put in for, which Oscar keeps beside it."""
    price = line.purchase_info.price
    if not price.exists or line.price_incl_tax is None or price.incl_tax == line.price_incl_tax:
        return ""
    prices = {
        "old": format_money(line.price_incl_tax, price.currency),
        "new": format_money(price.incl_tax, price.currency),
    }
    if price.incl_tax < line.price_incl_tax:
        return _("now costs %(new)s instead of %(old)s: the price fell.") % prices
    return _("now costs %(new)s instead of %(old)s since you added it.") % prices


def check_quantity(basket, *, product, more):
    """Raises ValidationError, saying what is possible, where ``more`` units cannot go in."""
    info = basket.strategy.fetch_for_product(product)
    if not (info.price.exists and info.stockrecord and is_for_sale(product)):
        raise ValidationError(_("This piece is not for sale at the moment."))
    here = basket.product_quantity(product) if basket.pk else 0
    available = units_available(info.stockrecord)
    if available <= 0:
        raise ValidationError(_("Sorry, this piece has just sold out."))
    if here + more > available:
        raise ValidationError(_shortage_text(available, here))
    most = settings.OSCAR_MAX_BASKET_QUANTITY_THRESHOLD
    if most and (basket.num_items if basket.pk else 0) + more > most:
        raise ValidationError(_("One order can hold %(most)d pieces at most.") % {"most": most})


def _shortage_text(available, here):
    text = ngettext(
        "There is only %(available)d of this piece.",
        "There are only %(available)d of this piece.",
        available,
    ) % {"available": available}
    if here:
        text += " " + _("You have %(here)d in your basket.") % {"here": here}
    return text


def accept_prices(basket):
    """Remember today's prices as those the shopper has seen. Called when they change the basket."""
    for line in basket.all_lines():
        price = line.purchase_info.price
        if price.exists and line.price_incl_tax != price.incl_tax:
            line.price_excl_tax, line.price_incl_tax = price.excl_tax, price.incl_tax
            line.save(update_fields=["price_excl_tax", "price_incl_tax"])
