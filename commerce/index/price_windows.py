"""The prices of a listing over time: one window between each two price changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from oscar.core.loading import get_model

from commerce.bulk_sql import literal_in
from commerce.clock import shop_now
from commerce.models import PriceWindow, SalePrice
from commerce.models.cache_tags import SCHEDULED_PRICES
from commerce.page_cache.dependencies import collect_dependencies, expires_by
from commerce.page_cache.memoise import memoise
from commerce.pricing.automatic_offers import OfferBook, automatic_offers
from commerce.pricing.price_history import Point, Timeline, prior_price
from commerce.pricing.prices import Quote, lowest_running, quote_at_sale, quote_under_offers
from commerce.shop_values.price_bands import step_of

if TYPE_CHECKING:
    from oscar.apps.offer.abstract_models import AbstractConditionalOffer


#: The start and end of a price that never changes.
EVER, NEVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


class Window(NamedTuple):
    """A price from ``start`` until ``until``: the lowest of the product, or of variant ``number``.

    Variant numbers start at 1; 0 is the product as a whole.
    """

    number: int
    start: datetime
    until: datetime
    currency: str
    price: Decimal
    was: Decimal | None
    is_from: bool
    ends: datetime | None
    content: Decimal | None = None
    content_unit: str = ""


def next_price_change() -> datetime | None:
    """The next moment at which any sale or offer in the shop starts or ends, or None.

    Cached: one query after each change of a scheduled price and after each such moment.
    """
    at = shop_now()
    found = memoise("next-price-change", lambda: _next_start(at), tags=[SCHEDULED_PRICES])
    return found if found is None or found > at else _next_start(at)


def _next_start(at: datetime) -> datetime | None:
    rows = PriceWindow.objects.filter(start__gt=at).order_by("start")
    found = rows.values_list("start", flat=True).first()
    expires_by(found)
    return found


def expire_at_next_price_change() -> None:
    """Expire the current page or fragment when any sale or offer starts or ends."""
    with collect_dependencies():  # the page does not depend on every scheduled price
        change = next_price_change()
    expires_by(change)


def sales_of(stockrecord_ids: Iterable[int]) -> dict[int, list[SalePrice]]:
    """``{stock record key: [SalePrice]}``: past, present and future sales."""
    rows = SalePrice.objects.filter(stockrecord__in=literal_in(stockrecord_ids))
    sales = defaultdict(list)
    for row in rows.only("stockrecord", "price", "start", "until"):
        sales[row.stockrecord_id].append(row)
    return sales


class Offers:
    """The automatic offers, with the full stock records that their rules need."""

    def __init__(self, records: Mapping[int, Iterable[Any]]) -> None:
        every = [record for rows in records.values() for record in rows]
        self.book = OfferBook({record.product_id for record in every}, offers=automatic_offers())
        wanted = [record.pk for record in every if self.of(record)]
        rows = get_model("partner", "StockRecord").objects.select_related(
            "product__product_class", "product__parent__product_class"
        )
        self.whole = rows.in_bulk(wanted)

    def of(self, record: Any) -> Sequence[AbstractConditionalOffer]:
        """The offers that may apply to a stock record's product, at any time."""
        return self.book.offers_for(record.product_id)


def planned_prices(
    record: Any, sales: Mapping[int, list[SalePrice]], offers: Offers
) -> list[Point]:
    """The prices of a stock record over time, as its price, its sales and the offers are now."""
    if not sales[record.pk] and not offers.of(record):
        return [Point(EVER, record.price)]
    points: list[Point] = []
    for start, _until in _periods([record], sales, offers):
        quotes = _quotes([record], sales, offers, start)
        price = quotes[0][0].price if quotes else None
        if not points or points[-1].price != price:
            points.append(Point(start, price))
    return points


def windows_of(
    records: Sequence[Any],
    sales: Mapping[int, list[SalePrice]],
    offers: Offers,
    timelines: Mapping[int, Timeline],
) -> list[Window]:
    """The lowest price over time and, if variants differ, the prices of each variant.

    ``timelines`` are the past and planned prices of each variant, by its key.
    """
    terms = _Terms(sales, offers, timelines)
    lowest = _series(records, terms)
    if len(records) == 1 or _always_cost_the_same(records, sales, offers):
        return lowest
    own = [_series([record], terms, number=n) for n, record in enumerate(records, 1)]
    if all(_spans(series) == _spans(lowest) for series in own):
        return lowest
    return [*lowest, *(window for series in own for window in series)]


def _always_cost_the_same(
    records: Sequence[Any], sales: Mapping[int, list[SalePrice]], offers: Offers
) -> bool:
    """Whether price and unit price of all variants never differ."""
    terms = {
        (record.price, record.price_currency, record.content, record.content_unit)
        for record in records
    }
    return len(terms) == 1 and not any(sales[row.pk] or offers.of(row) for row in records)


def _spans(series: Iterable[Window]) -> list[tuple[Any, ...]]:
    return [window[1:] for window in series]


class _Terms(NamedTuple):
    sales: Mapping[int, list[SalePrice]]
    offers: Offers
    timelines: Mapping[int, Timeline]


def _periods(
    records: Sequence[Any], sales: Mapping[int, list[SalePrice]], offers: Offers
) -> Iterable[tuple[datetime, datetime]]:
    """The periods between each two moments at which a sale or an offer starts or ends."""
    own = [sale for record in records for sale in sales[record.pk]]
    ends = {EVER, NEVER} | {sale.start for sale in own} | {s.until for s in own if s.until}
    moments = sorted(ends.union(*(offers.book.moments(record.product_id) for record in records)))
    return zip(moments, moments[1:], strict=False)


def _series(records: Sequence[Any], terms: _Terms, *, number: int = 0) -> list[Window]:
    """One window for each period in which nothing changes."""
    windows: list[Window] = []
    for start, until in _periods(records, terms.sales, terms.offers):
        quotes = _quotes(records, terms.sales, terms.offers, start)
        window = _window_at(quotes, start, until, terms.timelines, number=number)
        if window is None:
            continue
        last = windows[-1] if windows else None
        if last and last.until == start and _content(last) == _content(window):
            windows[-1] = last._replace(until=until)
        else:
            windows.append(window)
    return windows


def _content(window: Window) -> tuple[Any, ...]:
    """All but the variant number and the period."""
    return window[3:]


def _quotes(
    records: Sequence[Any], sales: Mapping[int, list[SalePrice]], offers: Offers, at: datetime
) -> list[tuple[Quote, Any]]:
    """The quotes at a moment, each with its stock record; those without a price are left out."""
    quotes = []
    for record in records:
        sale = lowest_running(sales[record.pk], at)
        quote = (
            quote_at_sale(record, sale)
            if sale
            else _plain_quote(record.price, record.price_currency)
        )
        if quote and (whole := offers.whole.get(record.pk)):
            quote = quote_under_offers(whole, quote, offers.book, at=at)
        if quote:
            quotes.append((quote, record))
    return quotes


class _Priced(NamedTuple):
    price: Decimal | None
    price_currency: str


@lru_cache(maxsize=10_000)
def _plain_quote(price: Decimal | None, currency: str) -> Quote | None:
    """The quote of a stock record without a sale; many products share few prices."""
    return quote_at_sale(_Priced(price, currency), None)


def _window_at(
    quotes: Sequence[tuple[Quote, Any]],
    start: datetime,
    until: datetime,
    timelines: Mapping[int, Timeline],
    *,
    number: int,
) -> Window | None:
    if not quotes:
        return None
    lowest, record = min(quotes, key=lambda pair: pair[0].price)
    if lowest.price < lowest.list_price:
        lowest = replace(lowest, prior=prior_price(timelines[record.product_id], until))
    is_from = len({quote.price for quote, _record in quotes}) > 1
    return Window(
        number, start, until, lowest.currency, lowest.price, lowest.was, is_from,
        ends=lowest.until if lowest.was else None,
        content=record.content,
        content_unit=record.content_unit,
    )  # fmt: skip


def price_step(price: Decimal) -> str:
    """The code of the step that contains a price, of which price bands are made.

    A negative price, which no form accepts, falls into the lowest step so that lists still work.
    """
    return str(step_of(price))


def month_of(moment: datetime) -> str:
    """The month of a moment as sortable text: "2026-11"."""
    return f"{moment.astimezone(UTC):%Y-%m}"
