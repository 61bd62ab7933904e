"""Counts searches without results, without writing during the shopper's request."""

from collections.abc import Mapping
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from commerce.buffered_counters import BufferedCounter
from commerce.models import SearchMiss

#: Misses not repeated within this time are deleted.
RETENTION = timedelta(days=90)


def count_miss(words: str) -> None:
    """Count a search without results. Buffered; a background thread writes it."""
    words = " ".join(words.casefold().split())[:120]
    if words:
        _misses.add(words)


def flush_misses() -> int:
    """Write this process's buffered counts; returns the number of distinct searches."""
    return _misses.flush()


def _write(counted: Mapping[str, int]) -> None:
    at = timezone.now()
    for words, count in sorted(counted.items()):
        SearchMiss.objects.get_or_create(words=words, defaults={"last_at": at})
        SearchMiss.objects.filter(words=words).update(count=F("count") + count, last_at=at)
    SearchMiss.objects.filter(last_at__lt=at - RETENTION).delete()


_misses = BufferedCounter(_write)
