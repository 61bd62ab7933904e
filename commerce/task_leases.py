"""Recovers background tasks whose worker died: requeues them a few times, then fails them.

Workers write heartbeats, so tasks may run for any time: a task is requeued only if its worker has
been silent for ``LEASE``. Every task may run twice, so every task is idempotent.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DatabaseError, connection, transaction
from django.utils import timezone
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
    """Record that a worker is alive, and which page cache it has."""
    WorkerHeartbeat.objects.update_or_create(
        pk=worker_id, defaults={"seen_at": at or timezone.now(), "cache_epoch": cache_epoch()}
    )


def cache_epoch() -> str:
    """Identifies the page cache of this process, which differs between machines; "" without one."""
    try:
        return versions().snapshot().epoch
    except Unreachable:
        return ""


def epochs_of_workers(*, at: datetime | None = None) -> set[str]:
    """The page caches of live workers: a single one if all processes share theirs."""
    alive = WorkerHeartbeat.objects.filter(
        seen_at__gt=(at or timezone.now()) - timedelta(seconds=2 * BEAT_SECONDS)
    )
    return set(alive.exclude(cache_epoch="").values_list("cache_epoch", flat=True))


def _beat_until(worker_id: str, ended: threading.Event) -> None:
    while not ended.wait(BEAT_SECONDS):
        try:
            beat(worker_id)
        except DatabaseError as error:  # the lease outlasts a database restart
            logger.warning("no heartbeat of worker %s: %s", worker_id, error)
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
