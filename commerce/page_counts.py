"""How pages were answered and which products were viewed: counted in the process, written by a thread.

Oscar writes at each view of a product, which stops pages on SQLite.
"""

from datetime import date, timedelta

from django.db.models import F
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.buffered_counters import BufferedCounter
from commerce.models import AnswerCount

#: From a copy; rendered and cached; rendered for one visitor.
CACHED, RENDERED, OWN = AnswerCount.Way
#: Days of which the counts are stored.
DAYS = timedelta(days=400)


def count_response(way: str, method: str | None, product_id: int | None = None) -> None:
    """Count one answer, and a view of the product whose page it is. Writes nothing now."""
    _responses.add(way)
    if method == "GET" and product_id:
        _views.add(product_id)


def flush_counts() -> int:
    """Write what was counted in this process; returns how many products were viewed."""
    _responses.flush()
    return _views.flush()


def hit_ratio(day: date) -> float | None:
    """The share of a day's pages for everybody that came from a copy; None where there was none."""
    counts = dict(AnswerCount.objects.filter(day=day).values_list("way", "count"))
    asked = counts.get(CACHED, 0) + counts.get(RENDERED, 0)
    return counts.get(CACHED, 0) / asked if asked else None


def _write_responses(counted):
    today = timezone.localdate()
    for way, count in sorted(counted.items()):
        rows = AnswerCount.objects.filter(day=today, way=way)
        if not rows.update(count=F("count") + count):
            AnswerCount.objects.get_or_create(day=today, way=way)
            rows.update(count=F("count") + count)
    AnswerCount.objects.filter(day__lt=today - DAYS).delete()


def _write_views(counted):
    ProductRecord = get_model("analytics", "ProductRecord")
    products = get_model("catalogue", "Product").objects.filter(pk__in=counted)
    for pk in sorted(products.values_list("pk", flat=True)):  # in one order: writers must not cross
        rows = ProductRecord.objects.filter(product=pk)
        if not rows.update(num_views=F("num_views") + counted[pk]):
            ProductRecord.objects.get_or_create(product_id=pk)
            rows.update(num_views=F("num_views") + counted[pk])


_responses = BufferedCounter(_write_responses)
_views = BufferedCounter(_write_views, most=20_000)
