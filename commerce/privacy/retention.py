"""Applies retention rules: counts or handles what is due, in small transactions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from commerce.transactions import retry_transient

#: Rows per transaction.
BATCH = 500


@dataclass(frozen=True)
class Outcome:
    """How many rows of one rule were due."""

    name: str
    rows: int


def days_of(name: str) -> int:
    """The days of a rule. Raises KeyError for an unknown name."""
    return settings.RETENTION_DAYS[name]


def days_ago(name: str, at: datetime) -> datetime:
    """The moment before which rows of a rule are due."""
    return at - timedelta(days=days_of(name))


def how_long(name: str) -> str | Promise:
    """The duration of a rule in words, such as "90 days", as configured."""
    return format_lazy(_("{days} days"), days=days_of(name))


def apply_rules(*, at: datetime | None = None, is_dry_run: bool = False) -> Iterator[Outcome]:
    """Apply every rule, one after the other; with ``is_dry_run`` only count.

    Each batch is a transaction of its own, so an interrupted run continues where it stopped.
    Idempotent.
    """
    from commerce.privacy.parts import all_rules  # the parts import this module

    at = at or timezone.now()
    for rule in all_rules():
        rows = rule.due(at).count() if is_dry_run else _apply(rule, at)
        yield Outcome(rule.name, rows)


def _apply(rule: Any, at: datetime) -> int:
    """Handle what is due, batch by batch in key order; returns the number of rows.

    No row is handled twice, even if the rule leaves it due.
    """
    done, last = 0, None
    while keys := _next_keys(rule.due(at), after=last):
        done += _apply_batch(rule, at, keys)
        last = keys[-1]
    return done


def _next_keys(due: QuerySet, *, after: Any) -> list[Any]:
    left = due if after is None else due.filter(pk__gt=after)
    return list(left.order_by("pk").values_list("pk", flat=True).distinct()[:BATCH])


@retry_transient
def _apply_batch(rule: Any, at: datetime, keys: list[Any]) -> int:
    """Handle the rows that are still due once locked. Returns how many.

    Evaluates the rule again: its first queryset may depend on outdated lookups.
    """
    with transaction.atomic():
        rows = rule.due(at).model._default_manager.all()
        locked = rows.select_for_update().filter(pk__in=keys).order_by("pk")
        there = list(locked.values_list("pk", flat=True))
        still_due = set(rule.due(at).filter(pk__in=there).values_list("pk", flat=True))
        if still_due:
            rule.act(rows.filter(pk__in=still_due))
    return len(still_due)
