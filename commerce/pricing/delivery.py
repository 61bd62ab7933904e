"""When an order arrives and what bringing it costs. Rules: docs/pricing.md §7."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

import holidays
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from commerce.models import DeliveryMethod
from commerce.models.cache_tags import SITE
from commerce.page_cache.dependencies import depends_on, expires_by


@dataclass(frozen=True)
class Arrival:
    """The first and the last day on which an order is expected, both included."""

    first: date
    last: date

    def __str__(self):
        if self.first == self.last:
            return _weekday(self.first, with_month=True)
        same_month = self.first.month == self.last.month
        return _("%(first)s – %(last)s") % {
            "first": _weekday(self.first, with_month=not same_month),
            "last": _weekday(self.last, with_month=True),
        }


def _weekday(day, *, with_month):
    return date_format(day, "D j F" if with_month else "D j")


@lru_cache(maxsize=4)
def _holidays(country):
    return holidays.country_holidays(country, subdiv="ENG" if country == "GB" else None)


def is_working_day(day):
    """Whether the carrier works: Monday to Friday, no English bank holiday."""
    return day.weekday() < 5 and day not in _holidays("GB")


def add_working_days(day, count):
    """The day that is ``count`` working days after ``day``; for 0 the first working day from it."""
    while not is_working_day(day):
        day += timedelta(days=1)
    for _step in range(count):
        day += timedelta(days=1)
        while not is_working_day(day):
            day += timedelta(days=1)
    return day


def arrival_of(method, *, at=None):
    """The arrival of an order placed ``at`` (now, unless given) by a delivery method.

    An order before the cut-off hour of a working day leaves the same day, any other the next
    working day; then the method's working days are counted.
    """
    local = timezone.localtime(at)
    leaves = local.date()
    if not is_working_day(leaves):
        leaves = add_working_days(leaves, 0)
    elif local.hour >= method.cutoff_hour:
        leaves = add_working_days(leaves, 1)
    else:
        expires_by(local.replace(hour=method.cutoff_hour, minute=0, second=0, microsecond=0))
    return Arrival(
        first=add_working_days(leaves, method.min_days),
        last=add_working_days(leaves, method.max_days),
    )


def promised_arrival(method):
    """The arrival of one of Oscar's method objects, or None; an offer on delivery wraps it."""
    if method is None:
        return None
    return getattr(method, "arrival", None) or getattr(
        getattr(method, "method", None), "arrival", None
    )


def delivery_charge(method, goods_total):
    """What a method costs, tax included, for goods of that total (tax and discounts included)."""
    if method.free_over is not None and goods_total >= method.free_over:
        return Decimal("0.00")
    return method.price


def delivery_methods(*, country_code=None):
    """The methods offered to a country (the shop's own, unless given), in their order."""
    country_code = country_code or settings.DELIVERY_HOME_COUNTRY
    return DeliveryMethod.objects.filter(is_active=True, countries=country_code)


def offered_delivery(country_code=None):
    """The same as a list; one query."""
    depends_on(SITE)
    return list(delivery_methods(country_code=country_code))


def standard_delivery():
    """The method that pages quote before an address is known: the first one, or None."""
    return next(iter(offered_delivery()), None)


def amount_until_free(goods_total):
    """What is missing until standard delivery is free; None where it never is or already is."""
    method = standard_delivery()
    if method is None or method.free_over is None or goods_total >= method.free_over:
        return None
    return method.free_over - goods_total
