"""Oscar's pricing strategy, based on our price stages."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.functional import cached_property
from oscar.apps.partner.availability import Unavailable
from oscar.apps.partner.prices import TaxInclusiveFixedPrice
from oscar.apps.partner.prices import Unavailable as UnavailablePrice
from oscar.apps.partner.strategy import Selector as OscarSelector
from oscar.apps.partner.strategy import StockRequired, Structured

from commerce.models import User
from commerce.options.personal import surcharge_of
from commerce.pricing.prices import SaleBook
from commerce.pricing.tax_rates import TaxRates
from commerce.stock.availability import record_to_sell
from commerce.tax import TaxRate

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractLine
    from oscar.apps.catalogue.abstract_models import AbstractProduct
    from oscar.apps.partner.abstract_models import AbstractStockRecord
    from oscar.apps.partner.availability import Base as AvailabilityBase
    from oscar.apps.partner.prices import Base as PriceBase
    from oscar.apps.partner.strategy import PurchaseInfo


class ShopStrategy(StockRequired, Structured):
    """Baskets and orders use the same quotes as product pages (``commerce.pricing.prices``)."""

    @cached_property
    def sales(self) -> SaleBook:
        """The prices at the request's moment; created on first use."""
        return SaleBook()

    @cached_property
    def taxes(self) -> TaxRates:
        """The tax rates at the request's moment; read on first use."""
        return TaxRates()

    def fetch_for_line(
        self, line: AbstractLine, stockrecord: AbstractStockRecord | None = None
    ) -> PurchaseInfo:
        self.sales.load(other.stockrecord_id for other in line.basket.all_lines())
        info = super().fetch_for_line(line, stockrecord)
        surcharge = surcharge_of(line)
        if surcharge and info.price.exists:
            rate = self.taxes.rate_of(line.product)
            price = _with_tax(info.price.currency, info.price.incl_tax + surcharge, rate)
            return info._replace(price=price)
        return info

    def select_stockrecord(self, product: AbstractProduct) -> AbstractStockRecord | None:
        """The stock record that pages and lists show, too."""
        return record_to_sell(product.stockrecords.all())

    def pricing_policy(
        self, product: AbstractProduct, stockrecord: AbstractStockRecord | None
    ) -> PriceBase:
        quote = self.sales.quote(stockrecord) if stockrecord else None
        if quote is None:
            return UnavailablePrice()
        return _with_tax(quote.currency, quote.price, self.taxes.rate_of(product))

    def availability_policy(
        self, product: AbstractProduct, stockrecord: AbstractStockRecord | None
    ) -> AvailabilityBase:
        """Products without a price are unavailable, so that Oscar leaves their lines out of totals."""
        if stockrecord is None or self.sales.quote(stockrecord) is None:
            return Unavailable()
        return super().availability_policy(product, stockrecord)

    def parent_pricing_policy(
        self,
        product: AbstractProduct,
        children_stock: Iterable[tuple[AbstractProduct, AbstractStockRecord | None]],
    ) -> PriceBase:
        records = [record for _child, record in children_stock if record]
        self.sales.load(record.pk for record in records)
        prices = [self.pricing_policy(product, record) for record in records]
        return min(
            (price for price in prices if price.exists),
            key=lambda price: price.incl_tax,
            default=UnavailablePrice(),
        )


def _with_tax(currency: str, gross: Decimal, rate: TaxRate) -> PriceBase:
    """A price that includes tax, with its parts."""
    split = rate.split(gross)
    return TaxInclusiveFixedPrice(
        currency=currency, excl_tax=split.excl, tax=split.tax, tax_code=rate.code
    )


class Selector(OscarSelector):
    def strategy(
        self,
        request: HttpRequest | None = None,
        user: User | AnonymousUser | None = None,
        **kwargs: Any,
    ) -> ShopStrategy:
        return ShopStrategy(request)
