"""What a piece costs at a moment. The stages and their order are docs/pricing.md in code.

List price → sale price → automatic offers at quantity one → tax. Offers that need more than one unit,
or a voucher, come in the basket.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from commerce.models import SalePrice
from commerce.pricing.automatic_offers import OfferBook, until_of
from commerce.tax import split_gross

#: The stages of a price that a quote names.
LIST, SALE, OFFER = "list", "sale", "offer"


@dataclass(frozen=True)
class Stage:
    """One step to a price: its kind, the price after it, and the reason in the shop's words."""

    kind: str
    price: Decimal
    reason: str = ""


@dataclass(frozen=True)
class Quote:
    """One unit's price, tax included, at one moment.

    ``list_price`` is what it costs without a sale or an offer; ``since`` is when the price fell,
    ``until`` when it may rise again. ``stages`` are the steps that lead to the price, where they were
    looked up (a card's quote, which comes from the read model, has none).
    """

    currency: str
    list_price: Decimal
    price: Decimal
    tax: Decimal
    excl_tax: Decimal
    until: datetime | None = None
    since: datetime | None = None
    stages: tuple[Stage, ...] = ()

    @property
    def offer_names(self):
        """The names of the automatic offers in the price."""
        return [stage.reason for stage in self.stages if stage.kind == OFFER]

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
    stages = [Stage(LIST, stockrecord.price), *([Stage(SALE, price)] if is_lower else [])]
    return Quote(
        currency=stockrecord.price_currency,
        list_price=stockrecord.price,
        price=price,
        tax=split.tax,
        excl_tax=split.excl,
        until=sale.until if is_lower else None,
        since=sale.start if is_lower else None,
        stages=tuple(stages),
    )


def quote_under_offers(stockrecord, quote, offers, *, at):
    """The quote with the automatic offers of the moment, which an ``OfferBook`` knows.

    It is the price that the basket charges for one unit. None stays None.
    """
    found = quote and offers.price_of_one(stockrecord, quote.price, excl_tax=quote.excl_tax, at=at)
    if not found:
        return quote
    names = ", ".join(offer.name for offer in found.offers)
    ends = [quote.until, *(until_of(offer) for offer in found.offers)]
    starts = [quote.since, *(offer.start_datetime for offer in found.offers)]
    return replace(
        quote,
        price=found.price,
        excl_tax=found.excl_tax,
        tax=found.price - found.excl_tax,
        until=min(filter(None, ends), default=None),
        since=max(filter(None, starts), default=None),
        stages=(*quote.stages, Stage(OFFER, found.price, names)),
    )


def quotes_for(stockrecords, *, at=None):
    """Quotes of many stock records, ``{stockrecord_id: Quote | None}``; constant in queries."""
    stockrecords = list(stockrecords)
    book = PriceBook(at)
    book.load_for(stockrecords)
    return {record.pk: book.quote(record) for record in stockrecords}


def quote_for(stockrecord, *, at=None):
    """The quote of one stock record at a moment (now, unless given), or None without a price."""
    return quotes_for([stockrecord], at=at)[stockrecord.pk]


class SaleBook:
    """Prices before offers at one moment: sales are fetched in batches and remembered.

    For the basket, whose offers Oscar takes off its lines.
    """

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
        """The stock record's quote at the book's moment, before offers."""
        self.load([stockrecord.pk])
        return quote_at_sale(stockrecord, self._sales[stockrecord.pk])


class PriceBook(SaleBook):
    """Prices as they are shown at one moment: with the automatic offers at quantity one."""

    def load_for(self, stockrecords):
        """Fetch what is needed to quote these stock records."""
        records = list(stockrecords)
        self.load(record.pk for record in records)
        self.offers = OfferBook(record.product_id for record in records)

    def quote(self, stockrecord):
        """The quote of one of the stock records that were loaded, with offers."""
        return quote_under_offers(stockrecord, super().quote(stockrecord), self.offers, at=self.at)
