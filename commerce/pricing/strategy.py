"""Oscar's pricing strategy on top of the price stages."""

from django.utils.functional import cached_property
from oscar.apps.partner.availability import Unavailable
from oscar.apps.partner.prices import TaxInclusiveFixedPrice
from oscar.apps.partner.prices import Unavailable as UnavailablePrice
from oscar.apps.partner.strategy import Selector as OscarSelector
from oscar.apps.partner.strategy import StockRequired, Structured

from commerce.pricing.prices import SaleBook
from commerce.stock.availability import record_to_sell
from commerce.tax import STANDARD_CODE


class ShopStrategy(StockRequired, Structured):
    """Oscar's view of commerce.pricing.prices: basket and order take the same quote as the page."""

    @cached_property
    def sales(self):
        """Prices of the request's moment; most requests ask for none."""
        return SaleBook(at=getattr(self.request, "at", None))

    def fetch_for_line(self, line, stockrecord=None):
        self.sales.load(other.stockrecord_id for other in line.basket.all_lines())
        return super().fetch_for_line(line, stockrecord)

    def select_stockrecord(self, product):
        """The record that pages and lists show too."""
        return record_to_sell(product.stockrecords.all())

    def pricing_policy(self, product, stockrecord):
        quote = self.sales.quote(stockrecord) if stockrecord else None
        if quote is None:
            return UnavailablePrice()
        return TaxInclusiveFixedPrice(
            currency=quote.currency,
            excl_tax=quote.excl_tax,
            tax=quote.tax,
            tax_code=STANDARD_CODE,
        )

    def availability_policy(self, product, stockrecord):
        """What has no price is not for sale; Oscar's totals then leave its lines out."""
        if stockrecord is None or self.sales.quote(stockrecord) is None:
            return Unavailable()
        return super().availability_policy(product, stockrecord)

    def parent_pricing_policy(self, product, children_stock):
        records = [record for _child, record in children_stock if record]
        self.sales.load(record.pk for record in records)
        prices = [self.pricing_policy(product, record) for record in records]
        return min(
            (price for price in prices if price.exists),
            key=lambda price: price.incl_tax,
            default=UnavailablePrice(),
        )


class Selector(OscarSelector):
    def strategy(self, request=None, user=None, **kwargs):
        return ShopStrategy(request)
