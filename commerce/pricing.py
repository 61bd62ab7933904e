"""What a piece costs at a moment. The stages and their order are docs/pricing.md in code.

List price → sale price → tax. Offers of the basket (from quantity two, by voucher) come after.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from commerce.models import SalePrice
from commerce.tax import split_gross


@dataclass(frozen=True)
class Quote:
    """One unit's price, tax included, at one moment.

    ``list_price`` is what it costs without a sale; ``since`` is when the price fell, ``until`` when
    it rises again.
    """

    currency: str
    list_price: Decimal
    price: Decimal
    tax: Decimal
    excl_tax: Decimal
    until: datetime | None = None
    since: datetime | None = None

    @property
    def is_reduced(self):
        return self.price < self.list_price

    @property
    def was(self):
        """The struck-through price, where the price fell."""
        return self.list_price if self.is_reduced else None


def running_sales(stockrecord_ids, *, at=None):
    """The lowest running sale of each stock record, ``{stockrecord_id: SalePrice}``; one query."""
    lowest = {}
    for sale in SalePrice.objects.running(at).filter(stockrecord__in=list(stockrecord_ids)):
        best = lowest.get(sale.stockrecord_id)
        if best is None or sale.price < best.price:
            lowest[sale.stockrecord_id] = sale
    return lowest


def quote_at_sale(stockrecord, sale):
    """The quote of a stock record under a sale that the caller has looked up, or under none.

    None where the stock record has no price.
    """
    if stockrecord.price is None:
        return None
    is_lower = sale is not None and sale.price < stockrecord.price
    price = sale.price if is_lower else stockrecord.price
    split = split_gross(price)
    return Quote(
        currency=stockrecord.price_currency,
        list_price=stockrecord.price,
        price=price,
        tax=split.tax,
        excl_tax=split.excl,
        until=sale.until if is_lower else None,
        since=sale.start if is_lower else None,
    )


def quotes_for(stockrecords, *, at=None):
    """Quotes of many stock records, ``{stockrecord_id: Quote | None}``; one query."""
    stockrecords = list(stockrecords)
    sales = running_sales((record.pk for record in stockrecords), at=at)
    return {record.pk: quote_at_sale(record, sales.get(record.pk)) for record in stockrecords}


def quote_for(stockrecord, *, at=None):
    """The quote of one stock record at a moment (now, unless given), or None without a price."""
    return quotes_for([stockrecord], at=at)[stockrecord.pk]


class SaleBook:
    """The running sales of one moment, fetched in batches and remembered while a request lasts."""

    def __init__(self, at=None):
        self.at = at or timezone.now()
        self._sales = defaultdict(lambda: None)
        self._known = set()

    def load(self, stockrecord_ids):
        """Fetch what is not known yet, in one query or none."""
        missing = set(stockrecord_ids) - self._known
        if missing:
            self._sales.update(running_sales(missing, at=self.at))
            self._known |= missing

    def quote(self, stockrecord):
        """The stock record's quote at the book's moment."""
        self.load([stockrecord.pk])
        return quote_at_sale(stockrecord, self._sales[stockrecord.pk])
