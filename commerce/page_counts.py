"""Counts responses by cache result, and product views, without writing during requests.

Oscar writes on every product view, which blocks other pages on SQLite.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from django.db.models import F
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.buffered_counters import BufferedCounter
from commerce.models import AnswerCount

#: Served from the cache; rendered and cached; rendered for one visitor.
CACHED, RENDERED, OWN = AnswerCount.Way
#: Days for which counts are stored.
RETENTION = timedelta(days=400)


def count_response(way: str, method: str | None, product_id: int | None = None) -> None:
    """Count a response, and a view if it is a product's page. Writes nothing now."""
    _responses.add(way)
    if method == "GET" and product_id:
        _views.add(product_id)


def flush_counts() -> int:
    """Write this process's counts; returns the number of products viewed."""
    _responses.flush()
    return _views.flush()


def hit_ratio(day: date) -> float | None:
    """The share of a day's cacheable pages served from the cache; None without any."""
    counts = dict(AnswerCount.objects.filter(day=day).values_list("way", "count"))
    asked = counts.get(CACHED, 0) + counts.get(RENDERED, 0)
    return counts.get(CACHED, 0) / asked if asked else None


def _write_responses(counted: Mapping[str, int]) -> None:
    today = timezone.localdate()
    for way, count in sorted(counted.items()):
        rows = AnswerCount.objects.filter(day=today, way=way)
        if not rows.update(count=F("count") + count):
            AnswerCount.objects.get_or_create(day=today, way=way)
            rows.update(count=F("count") + count)
    AnswerCount.objects.filter(day__lt=today - RETENTION).delete()


def _write_views(counted: Mapping[int, int]) -> None:
    ProductRecord = get_model("analytics", "ProductRecord")
    products = get_model("catalogue", "Product").objects.filter(pk__in=counted)
    for pk in sorted(products.values_list("pk", flat=True)):  # in key order, to avoid deadlocks
        rows = ProductRecord.objects.filter(product=pk)
        if not rows.update(num_views=F("num_views") + counted[pk]):
            ProductRecord.objects.get_or_create(product_id=pk)
            rows.update(num_views=F("num_views") + counted[pk])


_responses = BufferedCounter(_write_responses)
_views = BufferedCounter(_write_views, max_keys=20_000)
