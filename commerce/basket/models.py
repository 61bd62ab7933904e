"""A basket that knows its lines in one query, and lines whose discounts are whole cents."""

from decimal import ROUND_DOWN

from oscar.apps.basket.abstract_models import AbstractBasket, AbstractLine

from commerce.money import CENT
from commerce.stock.availability import record_to_sell

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
            # The strategy chooses among the stock records of each product.
            self._lines = lines.prefetch_related("attributes", "product__stockrecords")
            for line in self._lines:
                follow_record(line)
        return super().all_lines()

    def add_product(self, product, quantity=1, options=None):
        """More of a piece is more of its line, which moves to the record that sells it now."""
        chosen = self.strategy.fetch_for_product(product).stockrecord
        if chosen and self.pk:
            others = self.lines.filter(product=product).exclude(stockrecord=chosen)
            others.update(stockrecord=chosen)
        return super().add_product(product, quantity, options)

    add_product.alters_data = True
    add = add_product

    def _create_line_reference(self, product, stockrecord, options):
        """One line for a piece, whichever of its stock records it is sold by at the time."""
        first = min(product.stockrecords.all(), key=lambda record: record.pk, default=None)
        return super()._create_line_reference(product, first or stockrecord, options)

    @property
    def has_lines_at_hand(self):
        """Whether the lines were read already."""
        return self._lines is not None and self._lines._result_cache is not None


def follow_record(line):
    """Let a line be of the record by which its piece is sold now: it is priced and taken from there.

    The product's records are at hand. A line of another product's record stays as it is.
    """
    if not (line.stockrecord and line.stockrecord.product_id == line.product_id):
        return
    records = line.product.stockrecords.all()
    if len(records) > 1:
        line.stockrecord = record_to_sell(records)
    line.stockrecord.product = line.product


class Line(AbstractLine):
    """Oscar's line. A percentage is rounded down to the cent where it is taken off.

    Oscar rounds only the sum that it shows, so that lines and total would disagree.
    """

    def discount(self, discount_value, affected_quantity, incl_tax=True, offer=None):
        cents = discount_value.quantize(CENT, rounding=ROUND_DOWN)
        super().discount(cents, affected_quantity, incl_tax=incl_tax, offer=offer)
