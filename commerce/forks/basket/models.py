"""A basket that knows its lines in one query, and lines whose discounts are whole cents."""

from decimal import ROUND_DOWN

from oscar.apps.basket.abstract_models import AbstractBasket, AbstractLine

from commerce.money import CENT

#: What pricing, stock and the page ask of every line; without it each line asks three times.
LINE_RELATIONS = (
    "product__product_class",
    "product__parent__product_class",
    "stockrecord",
)


class Basket(AbstractBasket):
    """Oscar's basket, its lines read with all that is asked of them."""

    def all_lines(self):
        """The lines in their order, read once: offers leave their discounts on them."""
        if self._lines is None and self.pk is not None:
            lines = self.lines.select_related(*LINE_RELATIONS).order_by("pk")
            # The strategy takes the first stock record of each product.
            self._lines = lines.prefetch_related("attributes", "product__stockrecords")
            for line in self._lines:
                if line.stockrecord and line.stockrecord.product_id == line.product_id:
                    line.stockrecord.product = line.product
        return super().all_lines()

    @property
    def has_lines_at_hand(self):
        """Whether the lines were read already."""
        return self._lines is not None and self._lines._result_cache is not None


class Line(AbstractLine):
    """Oscar's line. A percentage is rounded down to the cent where it is taken off.

    Oscar rounds only the sum that it shows, so that lines and total would disagree.
    """

    def discount(self, discount_value, affected_quantity, incl_tax=True, offer=None):
        cents = discount_value.quantize(CENT, rounding=ROUND_DOWN)
        super().discount(cents, affected_quantity, incl_tax=incl_tax, offer=offer)


from oscar.apps.basket.models import *  # noqa: E402
