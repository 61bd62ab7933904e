"""Delivery dates and charges. Rules: docs/pricing.md §7."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from commerce.clock import shop_now
from commerce.models import DeliveryMethod
from commerce.models.cache_tags import SITE
from commerce.page_cache.dependencies import depends_on, expires_by
from commerce.pricing.parcels import Parcel, by_mail, carries
from commerce.shop_settings.current import Shop, current_shop
from commerce.shop_values.delivery_rates import rate_for, rates_in

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket
    from oscar.apps.order.abstract_models import AbstractOrder

#: A parcel of goods without a weight.
NOTHING_WEIGHED = Parcel()


@dataclass(frozen=True)
class Arrival:
    """The first and last day on which an order is expected, inclusive."""

    first: date
    last: date

    def __str__(self) -> str:
        if self.first == self.last:
            return _weekday(self.first, with_month=True)
        same_month = self.first.month == self.last.month
        return _("%(first)s – %(last)s") % {
            "first": _weekday(self.first, with_month=not same_month),
            "last": _weekday(self.last, with_month=True),
        }


def _weekday(day: date, *, with_month: bool) -> str:
    return date_format(day, _("D j F") if with_month else _("D j"))


def add_working_days(day: date, count: int, shop: Shop | None = None) -> date:
    """The day ``count`` working days after ``day``; for 0, the first working day on or after it.

    The shop dispatches, and carriers deliver, on its weekdays without holidays.
    """
    shop = shop or current_shop()
    while shop.is_closed_on(day):
        day += timedelta(days=1)
    for _step in range(count):
        day += timedelta(days=1)
        while shop.is_closed_on(day):
            day += timedelta(days=1)
    return day


def arrival_of(method: DeliveryMethod, ready: date | None = None) -> Arrival | None:
    """When an order placed now (``shop_now()``) arrives with a delivery method.

    Orders placed before the cut-off hour of a working day ship that day, others on the next working
    day, and none before ``ready``. The method's working days are added to that. The hour is that of
    the shop's time zone. None if nothing is sent.
    """
    if method.is_digital:
        return None
    shop = current_shop()
    local = timezone.localtime(shop_now(), ZoneInfo(shop.time_zone))
    leaves = local.date()
    if shop.is_closed_on(leaves):
        leaves = add_working_days(leaves, 0, shop)
    elif local.hour >= method.cutoff_hour:
        leaves = add_working_days(leaves, 1, shop)
    else:
        expires_by(local.replace(hour=method.cutoff_hour, minute=0, second=0, microsecond=0))
    if ready is not None and ready > leaves:
        leaves = add_working_days(ready, 0, shop)
    return Arrival(
        first=add_working_days(leaves, method.min_days, shop),
        last=add_working_days(leaves, method.max_days, shop),
    )


def promised_arrival(method: Any) -> Arrival | None:
    """The arrival of one of Oscar's shipping method objects, unwrapping delivery offers, or None."""
    if method is None:
        return None
    return getattr(method, "arrival", None) or getattr(
        getattr(method, "method", None), "arrival", None
    )


def goods_for_delivery(basket: AbstractBasket) -> Decimal:
    """What a priced basket's goods cost with tax and offers, but before vouchers.

    ``free_over`` is compared with it, so that no code costs the free delivery.
    """
    vouchers = sum((row["discount"] for row in basket.voucher_discounts), Decimal(0))
    return Decimal(basket.total_incl_tax + vouchers)


def delivery_charge(
    method: DeliveryMethod, goods_total: Decimal, parcel: Parcel = NOTHING_WEIGHED
) -> Decimal:
    """The charge of a method that carries the parcel, including tax.

    ``goods_total`` is ``goods_for_delivery`` of a basket.
    """
    if method.free_over is not None and goods_total >= method.free_over:
        return Decimal("0.00")
    rate = rate_for(rates_in(method.rates), parcel.weight)
    return Decimal(method.price) if rate is None else rate


def delivery_methods(*, country_code: str | None = None) -> QuerySet[DeliveryMethod]:
    """The methods available in a country (default: the home country), in display order."""
    country_code = country_code or current_shop().country
    return DeliveryMethod.objects.filter(is_active=True, countries=country_code)


def offered_delivery(
    country_code: str | None = None, parcel: Parcel | None = None
) -> list[DeliveryMethod]:
    """``delivery_methods`` as a list, in one query: those that carry the parcel, or all."""
    depends_on(SITE)
    # Sorted here: for ORDER BY, Django compares every selected column.
    rows = delivery_methods(country_code=country_code).order_by()
    methods = sorted(rows, key=lambda method: (method.position, method.pk))
    if parcel is None:
        return methods
    found = [method for method in methods if carries(method, parcel)]
    return found or ([] if parcel.is_shipped else [by_mail()])


def quoted_delivery(parcel: Parcel | None = None) -> list[DeliveryMethod]:
    """The methods quoted before an address is known: ``offered_delivery`` without collection."""
    return [method for method in offered_delivery(parcel=parcel) if is_quoted(method)]


def is_quoted(method: DeliveryMethod | None) -> bool:
    """Whether a method is quoted before an address is known.

    What a shopper collects is no delivery, and most shoppers live elsewhere.
    """
    return method is not None and not method.is_pickup


def is_pickup_method(code: str, country: str) -> bool:
    """Whether the method with this code is collection at the shop, offered to people in a country.

    One query for a code.
    """
    if not code or not country:
        return False
    return delivery_methods(country_code=country).filter(code=code, is_pickup=True).exists()


def standard_delivery(parcel: Parcel = NOTHING_WEIGHED) -> DeliveryMethod | None:
    """The method quoted for a basket: the first that carries the parcel, or None."""
    return next(iter(quoted_delivery(parcel)), None)


def is_collected(order: AbstractOrder) -> bool:
    """Whether an order is collected at the shop. One query, none after ``prefetch("pickup")``."""
    return hasattr(order, "pickup")


def amount_until_free(goods_total: Decimal, method: DeliveryMethod | None) -> Decimal | None:
    """The amount missing for free delivery; None if it is already or never free."""
    if method is None or method.free_over is None or goods_total >= method.free_over:
        return None
    return method.free_over - goods_total
