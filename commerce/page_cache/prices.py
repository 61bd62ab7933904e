"""When a price changes by itself."""

from django.utils import timezone

from commerce.models import PriceWindow
from commerce.page_cache.dependencies import LISTS
from commerce.page_cache.kept import kept


def next_price_change(at=None):
    """The next moment at which a sale begins or ends anywhere in the shop, or None.

    Looked up once for each process and change of the lists, and again when the moment has passed.
    """
    at = at or timezone.now()
    found = kept("next-price-change", lambda: _next_start(at), tags=(LISTS,))
    return found if found is None or found > at else _next_start(at)


def _next_start(at):
    rows = PriceWindow.objects.filter(start__gt=at).order_by("start")
    return rows.values_list("start", flat=True).first()
