"""Which VAT rate goods and their delivery bear. Rules: docs/pricing.md §4."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from commerce.models import ProductTypeTax
from commerce.shop_settings.current import current_shop
from commerce.tax import TaxRate

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct


#: Relations to load with products, so that ``rate_of`` makes no query.
TAXES = ("product_class__tax", "parent__product_class__tax")


class TaxRates:
    """The rates at one moment. One query on first use, unless ``TAXES`` were loaded."""

    @cached_property
    def standard(self) -> TaxRate:
        """The rate of everything that has none of its own."""
        shop = current_shop()
        return TaxRate(shop.country, shop.tax_percent)

    @cached_property
    def _of_types(self) -> dict[int, Decimal]:
        return dict(ProductTypeTax.objects.values_list("product_class", "percent"))

    def rate_of(self, product: AbstractProduct) -> TaxRate:
        """The rate of a product: its type's, a variant's is its product's."""
        product_type = product.get_product_class()
        if product_type is None:
            return self.standard
        if type(product_type).tax.is_cached(product_type):
            percent = getattr(getattr(product_type, "tax", None), "percent", None)
        else:
            percent = self._of_types.get(product_type.pk)
        return self.standard if percent is None else TaxRate(self.standard.country, percent)

    def rate_of_delivery(self, goods: Iterable[tuple[AbstractProduct, Decimal]]) -> TaxRate:
        """The rate of delivering goods, given with what they cost.

        Delivery is ancillary to the goods and bears the rate of most of their value; the highest
        of equals.
        """
        values: dict[TaxRate, Decimal] = defaultdict(Decimal)
        for product, value in goods:
            values[self.rate_of(product)] += value
        return max(values, key=lambda rate: (values[rate], rate.percent), default=self.standard)
