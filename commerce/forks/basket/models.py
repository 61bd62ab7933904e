"""A basket that knows its lines in one query, and lines whose discounts are whole cents."""

from decimal import ROUND_DOWN

from oscar.apps.basket.abstract_models import AbstractBasket, AbstractLine

from commerce.money import CENT

#: What pricing, stock and the page ask of every line; without it each line asks three times.
LINE_RELATIONS = (
    "product__product_class",
    "product__parent__product_class",
    "stockrecord__product__product_class",
    "stockrecord__product__parent__product_class",
)


class Basket(AbstractBasket):
    """Oscar's basket, its lines read with all that is asked of them."""

    def all_lines(self):
        """The lines in their order, read once: offers leave their discounts on them."""
        if self._lines is None and self.pk is not None:
            self._lines = super().all_lines().select_related(*LINE_RELATIONS)
        return super().all_lines()


class Line(AbstractLine):
    """Oscar's line. A percentage is rounded down to the cent where it is taken off.

    Oscar rounds only the sum that it shows, so that lines and total would disagree.
    """

    def discount(self, discount_value, affected_quantity, incl_tax=True, offer=None):
        cents = discount_value.quantize(CENT, rounding=ROUND_DOWN)
        super().discount(cents, affected_quantity, incl_tax=incl_tax, offer=offer)


from oscar.apps.basket.models import *  # noqa: E402
