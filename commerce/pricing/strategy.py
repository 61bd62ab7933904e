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
from commerce.pricing.voucher_terms import Buyer, buyer_in
from commerce.stock.availability import record_to_sell
from commerce.taxes.rates import TaxRates

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
    def buyer(self) -> Buyer | None:
        """Who buys, as far as the checkout knows it; None without a request."""
        return buyer_in(self.request) if self.request else None

    @cached_property
    def taxes(self) -> TaxRates:
        """The tax rates at the request's moment, where the buyer's order goes; read on first use."""
        return TaxRates(self.buyer.destination if self.buyer else None)

    def fetch_for_line(
        self, line: AbstractLine, stockrecord: AbstractStockRecord | None = None
    ) -> PurchaseInfo:
        self.sales.load(other.stockrecord_id for other in line.basket.all_lines())
        info = super().fetch_for_line(line, stockrecord)
        surcharge = surcharge_of(line)
        if surcharge and info.price.exists:
            price = info.price
            own = ShopPrice(price.currency, price.own + surcharge, line.product, self.taxes)
            return info._replace(price=own)
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
        return ShopPrice(quote.currency, quote.price, product, self.taxes)

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


class ShopPrice(TaxInclusiveFixedPrice):
    """A price with the tax of the destination. ``own`` is the shop's own price, with its own tax."""

    def __init__(
        self, currency: str, own: Decimal, product: AbstractProduct, taxes: TaxRates
    ) -> None:
        self.own, self._product, self._taxes = own, product, taxes
        gross, rate = taxes.price_of(own, product)
        split = rate.split(gross, currency)
        super().__init__(currency, excl_tax=split.excl, tax=split.tax, tax_code=rate.code)

    def at_destination(self, own: Decimal) -> Decimal:
        """Another of the product's own prices, such as an earlier one, as it would be at the destination."""
        return self._taxes.price_of(own, self._product)[0]


class Selector(OscarSelector):
    def strategy(
        self,
        request: HttpRequest | None = None,
        user: User | AnonymousUser | None = None,
        **kwargs: Any,
    ) -> ShopStrategy:
        return ShopStrategy(request)
