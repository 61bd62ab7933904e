"""Why a price is what it is: each stage with its rule, for staff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from commerce.clock import shop_now
from commerce.models import SalePrice
from commerce.models.tax import NAMES, TaxClass
from commerce.pricing.price_history import Point, Timeline, timelines_of
from commerce.pricing.prices import LIST, OFFER, SALE, PriceBook, Quote, Stage
from commerce.shop_values.vat_rates import STANDARD
from commerce.stock.availability import record_to_sell
from commerce.taxes.rates import TaxRates
from commerce.taxes.rows import note_of, percent_text
from commerce.taxes.treatments import Destination

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct
    from oscar.apps.order.abstract_models import AbstractLine


@dataclass(frozen=True)
class Step:
    """One stage: what it is called, the amount after it, and the rules behind it.

    ``rules`` are pairs of a kind ("sale", "offer", "voucher", "rates", "record") and a key.
    """

    name: str
    amount: Decimal | None
    reason: str = ""
    rules: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Explanation:
    """A variant's price at the shop's moment. ``history`` begins with the latest point."""

    product: AbstractProduct
    currency: str
    steps: Sequence[Step] = ()
    quote: Quote | None = None
    history: Sequence[Point] = ()


def explain(products: Iterable[AbstractProduct], destination: Destination) -> list[Explanation]:
    """Why each variant costs what it does at the shop's moment, for an order that goes there."""
    records = {}
    for product in products:
        record = record_to_sell(product.stockrecords.all())
        if record is not None:
            record.product = product
            records[product] = record
    book, taxes = PriceBook(), TaxRates(destination)
    book.load_for(records.values())
    timelines = timelines_of(product.pk for product in records)
    running: dict[int, list[SalePrice]] = {}
    for sale in SalePrice.objects.running(shop_now()).filter(stockrecord__in=records.values()):
        running.setdefault(sale.stockrecord_id, []).append(sale)
    classes = dict(TaxClass.objects.values_list("code", "name"))
    found = []
    for product, record in records.items():
        quote = book.quote(record)
        steps = [Step(_("No price"), None, _("The stock record has no price."))]
        if quote:
            steps = [
                *_steps_of(quote.stages, record, running.get(record.pk, [])),
                *_tax_steps(quote, product, taxes, classes),
            ]
        timeline = timelines.get((product.pk, record.price_currency), [])
        if then := _recorded(timeline, quote):
            steps = [then]
        found.append(Explanation(product, record.price_currency, steps, quote, timeline[::-1]))
    return found


def _recorded(timeline: Timeline, quote: Quote | None) -> Step | None:
    """What was charged at a past moment, if prices, sales or offers have changed since."""
    past = [point for point in timeline if point.since <= shop_now()]
    price = quote.price if quote else None
    if not past or past[-1].price == price or shop_now() >= timezone.now() - timedelta(minutes=1):
        return None
    text = _("As recorded. Its price, sales or offers have changed since.")
    return Step(_("Price at that time"), past[-1].price, text)


def _steps_of(stages: Iterable[Stage], record: Any, sales: Sequence[SalePrice]) -> list[Step]:
    names = {LIST: _("List price"), SALE: _("Sale price"), OFFER: _("Automatic offer")}
    steps = []
    for stage in stages:
        step = Step(names[stage.kind], stage.price, stage.reason, stage.rules)
        if stage.kind == LIST:
            step = replace(step, reason=_("Stock record %(sku)s") % {"sku": record.partner_sku})
        if stage.kind == SALE:
            step = replace(step, reason=_sale_text(stage, sales))
        steps.append(step)
    return steps


def _sale_text(stage: Stage, sales: Sequence[SalePrice]) -> str:
    """When the sale that applies runs, and whether others run, too."""
    [sale] = [sale for sale in sales if ("sale", sale.pk) in stage.rules]
    start = date_format(timezone.localtime(sale.start), "DATETIME_FORMAT")
    text = _("Since %(start)s") % {"start": start}
    if sale.until:
        end = date_format(timezone.localtime(sale.until), "DATETIME_FORMAT")
        text = _("From %(start)s until %(end)s") % {"start": start, "end": end}
    if len(sales) > 1:
        text += ". " + _("The lowest of %(count)d sales that are running.") % {"count": len(sales)}
    return text


def _tax_steps(
    quote: Quote, product: AbstractProduct, taxes: TaxRates, own: Mapping[str, str]
) -> list[Step]:
    """What the tax of the destination makes of a price."""
    home = taxes.home_rate_of(product)
    gross, rate = taxes.price_of(quote.price, product)
    tax_class = _name_of_class(taxes.class_of(product), own)
    facts = {"class": tax_class, "home": percent_text(home.percent), "country": home.country}
    steps = [
        Step(
            _("VAT in it"),
            quote.price - home.split(quote.price).excl,
            _("%(class)s: %(home)s%% in %(country)s") % facts,
            (("rates", home.country),),
        )
    ]
    if (rate.country, rate.relief) != (home.country, home.relief):
        reason = note_of(rate.relief) or _("%(rate)s%% VAT of %(country)s") % {
            "rate": percent_text(rate.percent),
            "country": rate.country,
        }
        steps.append(Step(_("At the destination"), gross, reason, (("rates", rate.country),)))
        steps.append(Step(_("VAT in it"), rate.split(gross).tax))
    return steps


def _name_of_class(code: str, own: Mapping[str, str]) -> str:
    if code == STANDARD:
        return _("Standard rate")
    return str(NAMES.get(code) or own.get(code, code))


def explain_line(line: AbstractLine) -> list[Step]:
    """Why a line of an order costs what it does, as it was when it was placed.

    Orders of before, and imported ones, have no stages: their unit price comes first.
    """
    stored = getattr(line, "pricing", None)
    steps = []
    if stored:
        names = {LIST: _("List price"), SALE: _("Sale price")}
        for stage in stored.stages:
            rules = tuple((kind, key) for kind, key in stage["rules"])
            steps.append(
                Step(names[stage["kind"]], Decimal(stage["price"]), stage["reason"], rules)
            )
        if surcharge := Decimal(stored.surcharge):
            name = _("With its personal options")
            steps.append(Step(name, steps[-1].amount + surcharge))  # type: ignore[operator]
    unit = line.unit_price_incl_tax
    if unit is not None and (not steps or steps[-1].amount != unit):
        steps.append(Step(_("Each, with VAT"), unit))
    whole = line.line_price_before_discounts_incl_tax
    steps.append(Step(_("%(units)d units") % {"units": line.quantity}, whole))
    for row in line.discounts.all():
        whole -= row.amount
        discount = row.order_discount
        kind, key = (
            ("voucher", discount.voucher_id)
            if discount.voucher_id
            else ("offer", discount.offer_id)
        )
        name = discount.voucher_code or discount.offer_name
        steps.append(Step(_("Discount"), whole, str(name or ""), ((kind, key),) if key else ()))
    if whole != line.line_price_incl_tax:
        steps.append(Step(_("Total"), line.line_price_incl_tax))
    tax = line.line_price_incl_tax - line.line_price_excl_tax
    steps.append(Step(_("VAT in it"), tax, line.tax_code or ""))
    return steps
