"""Applying the retention rules: what is due, counted or done, in small transactions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from commerce.transactions import retry_transient

#: Rows of one transaction.
BATCH = 500


@dataclass(frozen=True)
class Outcome:
    """How many rows of one rule were due."""

    name: str
    rows: int


def days_of(name: str) -> int:
    """The days of a rule. Raises KeyError for a name without any."""
    return settings.RETENTION_DAYS[name]


def days_ago(name: str, at: datetime) -> datetime:
    """The moment before which rows of a rule are due."""
    return at - timedelta(days=days_of(name))


def how_long(name: str) -> str | Promise:
    """The time of a rule in words, such as "90 days", as the installation has it."""
    return format_lazy(_("{days} days"), days=days_of(name))


def apply_rules(*, at: datetime | None = None, is_dry_run: bool = False) -> Iterator[Outcome]:
    """Apply every rule, one after the other; with ``is_dry_run`` only count.

    Each batch is a transaction of its own, so a run that is interrupted continues with the next
    one. Running twice does nothing more.
    """
    from commerce.privacy.parts import all_rules  # the parts import this module

    at = at or timezone.now()
    for rule in all_rules():
        due = rule.due(at)
        if is_dry_run:
            yield Outcome(rule.name, due.count())
            continue
        yield Outcome(rule.name, _apply(rule, due))


def _apply(rule, due: QuerySet) -> int:
    """Act on what is due now, batch by batch; a row is taken once, even if it stays due."""
    keys = list(due.order_by("pk").values_list("pk", flat=True).distinct())
    for start in range(0, len(keys), BATCH):
        _apply_batch(rule, due, keys[start : start + BATCH])
    return len(keys)


@retry_transient
def _apply_batch(rule, due, keys):
    with transaction.atomic():
        rule.act(due.model._default_manager.filter(pk__in=keys))
