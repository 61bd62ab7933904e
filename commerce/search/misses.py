"""What shoppers search for and do not find, counted without a write in their request."""

from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from commerce.buffered_counters import BufferedCounter
from commerce.models import SearchMiss

#: Misses of which nothing was heard for so long are forgotten.
KEPT = timedelta(days=90)


def count_miss(words):
    """Count a search that found nothing. Writes nothing now; a thread does, soon."""
    words = " ".join(words.casefold().split())[:120]
    if words:
        _misses.add(words)


def flush_misses():
    """Write down what was counted in this process; returns how many searches that were."""
    return _misses.flush()


def _write(counted):
    at = timezone.now()
    for words, count in sorted(counted.items()):
        SearchMiss.objects.get_or_create(words=words, defaults={"last_at": at})
        SearchMiss.objects.filter(words=words).update(count=F("count") + count, last_at=at)
    SearchMiss.objects.filter(last_at__lt=at - KEPT).delete()


_misses = BufferedCounter(_write)
