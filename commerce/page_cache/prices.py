"""When a price changes by itself, and with it whatever shows one."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from commerce.models import PriceWindow
from commerce.page_cache.dependencies import TURNS, collected, expires_by
from commerce.page_cache.kept import kept


def next_price_change(at=None):
    """The next moment at which a sale begins or ends anywhere in the shop, or None.

    Looked up once for each process and change of one that turns, and again when the moment has passed.
    """
    at = at or timezone.now()
    found = kept("next-price-change", lambda: _next_start(at), tags=(TURNS,))
    return found if found is None or found > at else _next_start(at)


def _next_start(at):
    rows = PriceWindow.objects.filter(start__gt=at).order_by("start")
    found = rows.values_list("start", flat=True).first()
    expires_by(found)  # Then the next one is looked up.
    return found


def end_of(found):
    """Until when what depends on ``found`` (``Dependencies``) holds at the longest: an aware datetime.

    A quarter of an hour unless the settings say otherwise, in case a change was never told; the end
    of the day, since pages speak of days; the next price; whatever was named by ``expires_by``.
    """
    now = timezone.now()
    tomorrow = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    ends = [now + timedelta(seconds=settings.PAGE_CACHE_SECONDS), tomorrow + timedelta(days=1)]
    ends.append(found.until)
    if found.has_prices:
        with collected():  # What is looked up here is no part of what is shown.
            ends.append(next_price_change(now))
    return min(filter(None, ends))
