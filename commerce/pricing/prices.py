"""The price of a product at a moment. Stages and their order: docs/pricing.md.

List price → sale price → automatic offers at quantity one. Tax is split off by
the basket (``commerce.pricing.strategy``). Vouchers and offers that need more
than one unit apply in the basket only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from commerce.clock import shop_now
from commerce.models import SalePrice
from commerce.pricing.automatic_offers import OfferBook, offer_end
from commerce.pricing.price_history import Point, prior_price, timelines_of

if TYPE_CHECKING:
    from oscar.apps.partner.abstract_models import AbstractStockRecord


#: The stages of a price.
LIST, SALE, OFFER = "list", "sale", "offer"


@dataclass(frozen=True)
class Stage:
    """One step of a price: its kind, the price after it, and the reason shown to the shopper.

    ``rules`` are pairs of a kind ("sale", "offer") and the key of what made the price.
    """

    kind: str
    price: Decimal
    reason: str = ""
    rules: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Quote:
    """The price of one unit, including tax, at one moment.

    ``list_price`` is the price without sales and offers; ``prior`` the lowest of the 30 days before
    they lowered it (docs/pricing.md, "Before"). ``since`` is when the price fell, ``until`` when it may
    rise again. ``stages`` are the steps to the price; quotes read from the listing index have none.
    """

    currency: str
    list_price: Decimal
    price: Decimal
    prior: Decimal | None = None
    until: datetime | None = None
    since: datetime | None = None
    stages: tuple[Stage, ...] = ()

    @property
    def offer_names(self) -> list[str]:
        """The names of the automatic offers included in the price."""
        return [stage.reason for stage in self.stages if stage.kind == OFFER]

    @property
    def is_reduced(self) -> bool:
        """Whether sales or offers made it lower than it was in the 30 days before."""
        return self.prior is not None and self.price < min(self.prior, self.list_price)

    @property
    def was(self) -> Decimal | None:
        """The price before the reduction, or None if it is not reduced."""
        return self.prior if self.is_reduced else None

    @property
    def percent_off(self) -> int:
        """The reduction in whole per cent of the price before it, rounded down; 0 without one."""
        before = self.was
        return int((before - self.price) * 100 / before) if before else 0


def running_sales(stockrecord_ids: Iterable[int], *, at: datetime) -> dict[int, SalePrice]:
    """The lowest running sale of each stock record, ``{stockrecord_id: SalePrice}``; one query."""
    found: dict[int, list[SalePrice]] = defaultdict(list)
    for sale in SalePrice.objects.running(at).filter(stockrecord__in=list(stockrecord_ids)):
        found[sale.stockrecord_id].append(sale)
    return {pk: sale for pk, sales in found.items() if (sale := lowest_running(sales, at))}


def lowest_running(sales: Iterable[SalePrice], at: datetime) -> SalePrice | None:
    """The sale of one stock record that applies at a moment: the lowest of those running."""
    running = (sale for sale in sales if sale.is_running(at))
    return min(running, key=lambda sale: sale.price, default=None)


def quote_at_sale(stockrecord: AbstractStockRecord, sale: SalePrice | None) -> Quote | None:
    """The quote of a stock record under a given sale, or without one.

    None if the stock record has no price.
    """
    if stockrecord.price is None:
        return None
    lower = sale if sale is not None and sale.price < stockrecord.price else None
    price = lower.price if lower else stockrecord.price
    stages = [Stage(LIST, stockrecord.price)]
    if lower:
        stages.append(Stage(SALE, price, rules=(("sale", lower.pk),)))
    return Quote(
        currency=stockrecord.price_currency,
        list_price=stockrecord.price,
        price=price,
        until=lower.until if lower else None,
        since=lower.start if lower else None,
        stages=tuple(stages),
    )


def quote_under_offers(
    stockrecord: AbstractStockRecord, quote: Quote | None, offers: OfferBook, *, at: datetime
) -> Quote | None:
    """Apply the automatic offers active at a moment to a quote; None stays None.

    The result is the price that the basket charges for one unit.
    """
    if quote is None:
        return None
    found = offers.price_of_one(stockrecord, quote.price, at=at)
    if found is None:
        return quote
    names = ", ".join(offer.name for offer in found.offers)
    ends = [quote.until, *(offer_end(offer) for offer in found.offers)]
    starts = [quote.since, *(offer.start_datetime for offer in found.offers)]
    return replace(
        quote,
        price=found.price,
        until=min(filter(None, ends), default=None),
        since=max(filter(None, starts), default=None),
        stages=(
            *quote.stages,
            Stage(OFFER, found.price, names, tuple(("offer", offer.pk) for offer in found.offers)),
        ),
    )


class SaleBook:
    """Prices before offers at one moment. Sales are read in batches and cached in the object.

    Used by the basket, where Oscar applies the offers to the lines.
    """

    def __init__(self) -> None:
        self.at = shop_now()
        self._sales: dict[int, SalePrice] = {}
        self._known: set[int] = set()

    def load(self, stockrecord_ids: Iterable[int]) -> None:
        """Read the sales that are not loaded yet, in one query at most."""
        missing = set(stockrecord_ids) - self._known
        if missing:
            self._sales.update(running_sales(missing, at=self.at))
            self._known |= missing

    def quote(self, stockrecord: AbstractStockRecord) -> Quote | None:
        """The stock record's quote before offers."""
        self.load([stockrecord.pk])
        return quote_at_sale(stockrecord, self._sales.get(stockrecord.pk))


class PriceBook(SaleBook):
    """Displayed prices at one moment, with the automatic offers at quantity one."""

    def load_for(self, stockrecords: Iterable[AbstractStockRecord]) -> None:
        """Read all that is needed to quote these stock records."""
        records = list(stockrecords)
        self.load(record.pk for record in records)
        self._product_ids = {record.product_id for record in records}
        self.offers = OfferBook(self._product_ids)

    def quote(self, stockrecord: AbstractStockRecord) -> Quote | None:
        """The quote, with offers, of a loaded stock record."""
        quote = quote_under_offers(stockrecord, super().quote(stockrecord), self.offers, at=self.at)
        if quote is None or quote.price >= quote.list_price:
            return quote
        return replace(quote, prior=self._prior(stockrecord.product_id, quote))

    def _prior(self, product_id: int, quote: Quote) -> Decimal | None:
        """The price before a reduction. One query for all loaded stock records."""
        timeline = self._timelines.get((product_id, quote.currency))
        if not timeline:  # not in the history yet
            return quote.list_price
        past = [point for point in timeline if point.since <= self.at]
        if past and past[-1].price != quote.price:
            past.append(Point(self.at, quote.price))
        return prior_price(past, self.at + timedelta.resolution)

    @cached_property
    def _timelines(self) -> dict[tuple[int, str], list[Point]]:
        return timelines_of(self._product_ids)
