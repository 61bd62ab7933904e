"""A basket that knows its lines in one query."""

from oscar.apps.basket.abstract_models import AbstractBasket

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


from oscar.apps.basket.models import *  # noqa: E402
