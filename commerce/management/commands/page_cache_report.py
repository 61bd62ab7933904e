"""Prints by day how pages were served."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from commerce.models import AnswerCount
from commerce.page_counts import hit_ratio


class Command(BaseCommand):
    help = "Print how many pages were served from the cache, rendered and cached, or personal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=7, help="number of past days (default: 7)")

    def handle(self, *, days: int, **options: Any) -> None:
        since = timezone.localdate() - timedelta(days=days)
        by_day: defaultdict[date, dict[str, int]] = defaultdict(dict)
        for row in AnswerCount.objects.filter(day__gt=since).order_by("day"):
            by_day[row.day][row.way] = row.count
        if not by_day:
            self.stdout.write("No page was counted in this period.")
        for day, counts in by_day.items():
            ratio = hit_ratio(day)
            share = "–" if ratio is None else f"{ratio:.1%}"
            ways = ", ".join(f"{way.label} {counts.get(way, 0):,}" for way in AnswerCount.Way)
            self.stdout.write(f"{day:%Y-%m-%d}  from the cache {share}  ({ways})")
