"""Recovery of background tasks whose worker died: requeued a few times, then failed.

Workers write heartbeats, so a task may run for as long as it needs: it is requeued only when its
worker has been silent for ``LEASE``. Every task may run twice (commerce.tasks).
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

logger = logging.getLogger("vitrine.tasks")

#: Seconds between two heartbeats. A few may be lost before anybody takes over.
BEAT_SECONDS = 20
LEASE = timedelta(minutes=3)
#: For a worker that writes no heartbeat (`manage.py db_worker`): longer than any task takes.
LEASE_WITHOUT_HEARTBEAT = timedelta(hours=6)
#: Runs after which a task whose worker dies is failed: it may well be what kills them.
MOST_RUNS = 3


class WorkerLost(Exception):
    """The workers that ran a task died, once for each attempt that a task gets."""


@contextmanager
def heartbeat(worker_id: str) -> Iterator[None]:
    """Write a heartbeat every ``BEAT_SECONDS``, from a thread, until the block ends.

    The first one is written before the block begins, so that no task is claimed without it. The
    last one stays (``give_back`` deletes old ones): a worker may end and leave its task running.
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
    """Record that a worker is alive."""
    WorkerHeartbeat.objects.update_or_create(
        pk=worker_id, defaults={"seen_at": at or timezone.now()}
    )


def _beat_until(worker_id: str, ended: threading.Event) -> None:
    while not ended.wait(BEAT_SECONDS):
        try:
            beat(worker_id)
        except DatabaseError as error:  # The database will be back; the lease outlasts a restart.
            logger.warning("no heartbeat of worker %s: %s", worker_id, error)
        finally:
            connection.close()


@task()
def requeue_lost_tasks() -> None:
    """Every minute: requeue the tasks of dead workers (see ``give_back``)."""
    requeue()


def requeue(*, at: datetime | None = None) -> int:
    """Requeue every running task whose worker is silent; fail it after ``MOST_RUNS`` runs.

    Returns how many were changed. Each change is conditional on the row's state, so two of these
    jobs at once, or a worker that finishes its task meanwhile, do no harm.
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
    if len(row.worker_ids) < MOST_RUNS:
        logger.warning("%s ran in a worker that is gone; queued again", row.task_path)
        return still_running.update(status=TaskResultStatus.READY, started_at=None)
    logger.error("%s ran in %d workers that are gone", row.task_path, len(row.worker_ids))
    with transaction.atomic():
        if not still_running.select_for_update().exists():
            return 0
        row.set_failed(WorkerLost(f"{len(row.worker_ids)} workers ended while they ran it"))
    return 1


#: The name that rows of the previous release's queue have.
give_back_lost_tasks = requeue_lost_tasks
