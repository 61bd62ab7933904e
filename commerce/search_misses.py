"""What shoppers search for and do not find, counted without a write in their request."""

import threading
from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.db import close_old_connections
from django.db.models import F
from django.utils import timezone

from commerce.models import SearchMiss

#: Misses of which nothing was heard for so long are forgotten.
KEPT = timedelta(days=90)
#: Different searches that are remembered between two flushes; a flood of nonsense ends there.
MOST = 500

_lock = threading.Lock()
_pending = Counter()
_timer = None


def note_miss(words):
    """Count a search that found nothing. Writes nothing now; a thread does, soon."""
    global _timer
    words = " ".join(words.casefold().split())[:120]
    with _lock:
        if not words or (len(_pending) >= MOST and words not in _pending):
            return
        _pending[words] += 1
        if _timer is None and settings.SEARCH_MISS_SECONDS:
            _timer = threading.Timer(settings.SEARCH_MISS_SECONDS, _flush_later)
            _timer.daemon = True
            _timer.start()


def _flush_later():
    close_old_connections()
    try:
        flush_misses()
    finally:
        close_old_connections()


def flush_misses():
    """Write down what was counted in this process; returns how many searches that were."""
    global _timer
    with _lock:
        counted = dict(_pending)
        _pending.clear()
        if _timer is not None:
            _timer.cancel()
        _timer = None
    at = timezone.now()
    for words, count in sorted(counted.items()):
        SearchMiss.objects.get_or_create(words=words, defaults={"last_at": at})
        SearchMiss.objects.filter(words=words).update(count=F("count") + count, last_at=at)
    if counted:
        SearchMiss.objects.filter(last_at__lt=at - KEPT).delete()
    return len(counted)
