"""Throttles shared by all processes: they delay repeated attempts and never lock an account.

A counter is a database row changed under a lock, so several workers or machines share its limit.
Redis is not needed. allauth's own limits use the cache alias ``throttles`` (see
``commerce.accounts.throttle_store``).
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commerce.actor import actor_address, network_of
from commerce.models import Throttle
from commerce.transactions import retry_transient

logger = logging.getLogger("vitrine.security")


@dataclass(frozen=True)
class Limit:
    """``free`` attempts without waiting, then doubling waits, and at most ``cap`` per window."""

    free: int
    first_wait: int = 30
    longest_wait: int = 900
    window: timedelta = timedelta(days=1)
    cap: int | None = None

    def wait_after(self, count: int) -> int:
        """Seconds to wait after this number of attempts."""
        if count < self.free:
            return 0
        return min(self.first_wait * 2 ** min(count - self.free, 20), self.longest_wait)


class TooManyAttempts(Exception):
    """The next attempt is too early; ``seconds`` is the time to wait."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(str(self))

    def __str__(self) -> str:
        return _("Too many attempts. %(advice)s") % {"advice": waiting_advice(self.seconds)}


def waiting_advice(seconds: int) -> str:
    """A sentence such as "Try again in 30 seconds."."""
    if seconds < 90:
        text = ngettext(
            "Try again in %(count)d second.", "Try again in %(count)d seconds.", seconds
        )
        return text % {"count": seconds}
    minutes = -(-seconds // 60)
    if minutes < 90:
        text = ngettext(
            "Try again in %(count)d minute.", "Try again in %(count)d minutes.", minutes
        )
        return text % {"count": minutes}
    hours = -(-minutes // 60)
    text = ngettext("Try again in %(count)d hour.", "Try again in %(count)d hours.", hours)
    return text % {"count": hours}


def throttle_key(action: str, kind: str, value: str) -> str:
    """The key of a counter. Personal values are stored as digests only."""
    return f"{action}:{kind}:{sha256(value.encode()).hexdigest()[:40]}"


def visitor_key(action: str, request: HttpRequest) -> str:
    """The counter of the visitor's IP address; IPv6 addresses count by /64."""
    return throttle_key(action, "ip", network_of(request))


@retry_transient
def count_attempt(limits: dict[str, Limit], *, at: datetime | None = None) -> None:
    """Count one attempt under every key, or none.

    Locks the rows in key order. Raises TooManyAttempts with the longest wait if any key must wait.
    Attempts are counted before they are made, so parallel ones cannot pass together.
    """
    with transaction.atomic():
        rows = _locked_rows(sorted(limits), at=at or timezone.now())
        # Read the clock after locking: a later request may have been counted first.
        at = at or timezone.now()
        for row in rows:
            if row.started_at + limits[row.key].window <= at:
                row.started_at, row.count = at, 0
        waits = [row.wait_until - at for row in rows if row.wait_until > at]
        if waits:
            raise _refusal(limits, waits)
        for row in rows:
            _count(row, limits[row.key], at=at)
        Throttle.objects.bulk_update(rows, ["count", "started_at", "wait_until"])


def check_waits(limits: dict[str, Limit], *, at: datetime | None = None) -> None:
    """Raise TooManyAttempts if an attempt under these keys would have to wait. Counts nothing."""
    at = at or timezone.now()
    rows = Throttle.objects.filter(key__in=list(limits), wait_until__gt=at)
    waits = [row.wait_until - at for row in rows if row.started_at + limits[row.key].window > at]
    if waits:
        raise _refusal(limits, waits)


def _refusal(limits: Mapping[str, Limit], waits: Iterable[timedelta]) -> TooManyAttempts:
    """The exception to raise. Logs the counters, whose keys contain digests only."""
    seconds = max(1, round(max(waits).total_seconds()))
    counters, origin = ", ".join(sorted(limits)), actor_address() or "-"
    logger.warning("throttled for %d seconds: %s from %s", seconds, counters, origin)
    return TooManyAttempts(seconds)


def _locked_rows(keys: Sequence[str], *, at: datetime) -> list[Throttle]:
    locked = Throttle.objects.select_for_update().filter(key__in=keys).order_by("key")
    rows = list(locked)
    if len(rows) < len(keys):
        # Insert only missing rows: inserting over an existing row can deadlock.
        Throttle.objects.bulk_create(
            [Throttle(key=key, started_at=at, wait_until=at) for key in keys],
            ignore_conflicts=True,
        )
        rows = list(locked.all())
    return rows


def _count(row: Throttle, limit: Limit, *, at: datetime) -> None:
    row.count += 1
    wait = limit.wait_after(row.count)
    row.wait_until = at + timedelta(seconds=wait) if wait else row.started_at
    if limit.cap is not None and row.count >= limit.cap:
        row.wait_until = max(row.wait_until, row.started_at + limit.window)


@retry_transient
def release_attempt(keys: Iterable[str]) -> None:
    """Take one attempt off each counter after a correct attempt.

    The counter is not reset: guessers must not reset it with an account of their own.
    """
    with transaction.atomic():
        now = timezone.now()
        rows = list(
            Throttle.objects.select_for_update().filter(key__in=sorted(keys)).order_by("key")
        )
        for row in rows:
            row.count, row.wait_until = max(row.count - 1, 0), now
        Throttle.objects.bulk_update(rows, ["count", "wait_until"])


def delete_old_throttles(*, at: datetime | None = None) -> None:
    """Delete counters whose window has passed; no window exceeds one day."""
    at = at or timezone.now()
    Throttle.objects.filter(started_at__lt=at - timedelta(days=2)).delete()
