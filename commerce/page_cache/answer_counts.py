"""How pages were answered, day by day: what share of them came from the cache."""

from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from commerce.buffered_counters import Tally
from commerce.models import AnswerCount

#: From a copy; made anew and kept; made for one visitor, or of a page that is kept for nobody.
KEPT, RENDERED, OWN = AnswerCount.Way
#: Days of which the counts are remembered.
DAYS = timedelta(days=400)


def note_answer(way):
    """Count one answer. Writes nothing now."""
    _answers.note(way)


def flush_answers():
    """Write down what was counted in this process."""
    return _answers.flush()


def hit_ratio(day):
    """The share of a day's pages for everybody that came from a copy; None where there was none."""
    counts = dict(AnswerCount.objects.filter(day=day).values_list("way", "count"))
    asked = counts.get(KEPT, 0) + counts.get(RENDERED, 0)
    return counts.get(KEPT, 0) / asked if asked else None


def _write(counted):
    today = timezone.localdate()
    for way, count in sorted(counted.items()):
        rows = AnswerCount.objects.filter(day=today, way=way)
        if not rows.update(count=F("count") + count):
            AnswerCount.objects.get_or_create(day=today, way=way)
            rows.update(count=F("count") + count)
    AnswerCount.objects.filter(day__lt=today - DAYS).delete()


_answers = Tally(_write)
