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


class TaxRates:
    """The rates at one moment; one query on first use."""

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
        percent = self._of_types.get(product_type.pk) if product_type else None
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
