"""Heartbeats: recover background tasks whose worker died, and detect separate page caches.

Workers write heartbeats, so tasks may run for any time: a task is requeued only if its worker has
been silent for ``LEASE``. Every task may run twice, so every task is idempotent.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks import task
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from commerce.models import WorkerHeartbeat
from commerce.page_cache.versions import Unreachable, versions

logger = logging.getLogger("vitrine.tasks")

#: Seconds between heartbeats; a few may be lost before a task is requeued.
BEAT_SECONDS = 20
LEASE = timedelta(minutes=3)
#: For workers without heartbeats (`manage.py db_worker`): longer than any task takes.
LEASE_WITHOUT_HEARTBEAT = timedelta(hours=6)
#: Runs after which a task is failed, because it may be what kills its workers.
MAX_RUNS = 3
#: Why several page caches are an error, and the remedy.
SEPARATE_CACHES = (
    "Another machine or container uses this database with a separate page cache, so pages would "
    "show old prices: set REDIS_URL, or share VAR_DIR."
)


class WorkerLost(Exception):
    """The workers that ran a task died, once per allowed run."""


@contextmanager
def heartbeat(worker_id: str) -> Iterator[None]:
    """Write a heartbeat every ``BEAT_SECONDS``, from a thread, until the block ends.

    The first one is written before the block starts, so that every claimed task has one. The last
    one is not deleted (``requeue`` does that), because the worker's task may still be running.
    """
    beat(worker_id)
    ended = threading.Event()
    thread = threading.Thread(target=_beat_until, args=(worker_id, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def beat(worker_id: str, *, at: datetime | None = None) -> None:
    """Record that a process is alive, and which page cache it has; check those of the others."""
    at = at or timezone.now()
    WorkerHeartbeat.objects.update_or_create(
        pk=worker_id, defaults={"seen_at": at, "cache_epoch": cache_epoch()}
    )
    _watch.check(at)


# --- Page caches of several machines ----------------------------------------------------------------


def start_web_heartbeat() -> None:
    """Write heartbeats from a thread until this web process ends, if its page cache is in files.

    Call it in requests, because a thread started before the server forks is lost. Does nothing from
    the second call on.
    """
    if not (settings.COUNTER_SECONDS and has_cache_in_files()):
        return
    if _web_started.acquire(blocking=False):
        arguments = (f"web-{get_random_string(32)}", _web_ended, 0)
        threading.Thread(target=_beat_until, args=arguments, daemon=True).start()


def has_cache_in_files() -> bool:
    """Whether other machines need a shared folder to share this process's page cache."""
    return settings.PAGE_CACHE and settings.PAGE_VERSIONS == "file"


def cache_epoch() -> str:
    """Identifies the page cache of this process, which differs between machines; "" without one."""
    try:
        return versions().epoch()
    except Unreachable:
        return ""


def separate_caches(
    *, at: datetime | None = None, seconds: float = 2 * BEAT_SECONDS
) -> dict[str, datetime]:
    """``{process: its last heartbeat}`` of those with another page cache than this process.

    A process that was silent for ``seconds`` has ended.
    """
    since = (at or timezone.now()) - timedelta(seconds=seconds)
    rows = WorkerHeartbeat.objects.filter(seen_at__gt=since)
    return dict(rows.exclude(cache_epoch__in=("", cache_epoch())).values_list("pk", "seen_at"))


def cache_errors() -> list[str]:
    """Return errors if another process uses a separate page cache and would miss this one's changes.

    Waits for one heartbeat: by then, processes that have ended are silent, and those with a cleared
    cache folder have reported their new cache.
    """
    if not has_cache_in_files() or not cache_epoch():
        return []
    end = time.monotonic() + BEAT_SECONDS + 5
    try:
        while separate_caches(seconds=BEAT_SECONDS + 4):
            if time.monotonic() > end:
                return [SEPARATE_CACHES]
            time.sleep(1)
    finally:
        connection.close()
    return []


class CacheWatch:
    """Turns this process's page cache off if another process goes on reporting a separate one."""

    #: Reports of one process. Two may be outdated: the process has ended, or its folder was cleared.
    REPORTS = 3

    def __init__(self) -> None:
        self._reports: dict[str, set[datetime]] = {}

    def check(self, at: datetime) -> None:
        """Count each heartbeat with another page cache once. Call it every ``BEAT_SECONDS``."""
        if not has_cache_in_files() or versions().is_off or not cache_epoch():
            return
        found = separate_caches(at=at)
        self._reports = {pk: self._reports.get(pk, set()) | {seen} for pk, seen in found.items()}
        if any(len(reports) >= self.REPORTS for reports in self._reports.values()):
            versions().turn_off()
            logger.error(
                "%s The page cache of this process is off until it restarts.", SEPARATE_CACHES
            )


_watch = CacheWatch()
#: Locked once this process has a thread.
_web_started = threading.Lock()
_web_ended = threading.Event()


def _beat_until(worker_id: str, ended: threading.Event, pause: float | None = None) -> None:
    while not ended.wait(BEAT_SECONDS if pause is None else pause):
        pause = None
        try:
            beat(worker_id)
        except DatabaseError as error:  # the lease outlasts a database restart
            logger.warning("no heartbeat of %s: %s", worker_id, error)
        finally:
            connection.close()


@task()
def requeue_lost_tasks() -> None:
    """Scheduled every minute: requeue the tasks of dead workers (see ``requeue``)."""
    requeue()


def requeue(*, at: datetime | None = None) -> int:
    """Requeue every running task whose worker is silent; fail it after ``MAX_RUNS`` runs.

    Returns the number of changed tasks. Changes are conditional on the row's state, so concurrent
    runs and workers that finish meanwhile are safe.
    """
    at = at or timezone.now()
    found = 0
    alive = set(
        WorkerHeartbeat.objects.filter(seen_at__gte=at - LEASE).values_list("pk", flat=True)
    )
    known = set(WorkerHeartbeat.objects.values_list("pk", flat=True))
    for row in DBTaskResult.objects.running().filter(started_at__lt=at - LEASE):
        worker = row.worker_ids[-1] if row.worker_ids else ""
        is_old = row.started_at < at - LEASE_WITHOUT_HEARTBEAT
        if worker in alive or not (worker in known or is_old):
            continue
        found += _requeue_one(row, at=at)
    WorkerHeartbeat.objects.filter(seen_at__lt=at - 2 * LEASE_WITHOUT_HEARTBEAT).delete()
    return found


def _requeue_one(row: DBTaskResult, *, at: datetime) -> int:
    still_running = DBTaskResult.objects.filter(
        pk=row.pk, status=TaskResultStatus.RUNNING, started_at=row.started_at
    )
    if len(row.worker_ids) < MAX_RUNS:
        logger.warning("the worker of %s died; the task is queued again", row.task_path)
        return still_running.update(status=TaskResultStatus.READY, started_at=None)
    logger.error("%s failed: %d workers died while running it", row.task_path, len(row.worker_ids))
    with transaction.atomic():
        if not still_running.select_for_update().exists():
            return 0
        row.set_failed(WorkerLost(f"{len(row.worker_ids)} workers died while running it"))
    return 1


#: Alias for rows enqueued by the previous release.
give_back_lost_tasks = requeue_lost_tasks
