"""Task leases: a task survives its worker, and a task that kills its workers finally fails."""

import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult, get_date_max

from commerce import task_leases
from commerce.models import WorkerHeartbeat
from commerce.task_leases import LEASE, LEASE_WITHOUT_HEARTBEAT, MAX_RUNS, requeue
from tests.races.conftest import database_url
from tests.site import ROOT, site_environment

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def make_running(
    *workers, started=NOW - timedelta(minutes=10), path="tests.commerce.slow_tasks.fail"
):
    """A running task, claimed by the last of these workers."""
    return DBTaskResult.objects.create(
        status=TaskResultStatus.RUNNING, task_path=path, backend_name="default",
        args_kwargs={"args": [], "kwargs": {}}, run_after=get_date_max(), started_at=started,
        worker_ids=list(workers),
    )  # fmt: skip


def status_of(row):
    row.refresh_from_db()
    return row.status


def test_task_of_a_silent_worker_is_requeued():
    task_leases.beat("gone", at=NOW - LEASE - timedelta(seconds=1))
    row = make_running("gone")

    assert requeue(at=NOW) == 1

    assert status_of(row) == TaskResultStatus.READY
    assert row.started_at is None
    assert requeue(at=NOW) == 0


def test_task_may_run_longer_than_the_lease_while_its_worker_lives():
    task_leases.beat("alive", at=NOW - timedelta(seconds=30))
    row = make_running("alive", started=NOW - timedelta(hours=20))

    assert requeue(at=NOW) == 0
    assert status_of(row) == TaskResultStatus.RUNNING


def test_task_whose_workers_die_fails_and_is_listed():
    task_leases.beat("third", at=NOW - LEASE - timedelta(seconds=1))
    row = make_running(*["first", "second", "third"][:MAX_RUNS])

    assert requeue(at=NOW) == 1

    assert status_of(row) == TaskResultStatus.FAILED
    assert row.exception_class_path == "commerce.task_leases.WorkerLost"
    assert row.finished_at is not None


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (LEASE_WITHOUT_HEARTBEAT - timedelta(minutes=1), TaskResultStatus.RUNNING),
        (LEASE_WITHOUT_HEARTBEAT + timedelta(minutes=1), TaskResultStatus.READY),
    ],
)
def test_worker_without_a_heartbeat_gets_a_long_lease(age, expected):
    row = make_running("by-hand", started=NOW - age)

    requeue(at=NOW)

    assert status_of(row) == expected


def test_task_that_ended_meanwhile_is_unchanged(monkeypatch):
    task_leases.beat("gone", at=NOW - LEASE - timedelta(seconds=1))
    row = make_running("gone")
    DBTaskResult.objects.filter(pk=row.pk).update(status=TaskResultStatus.SUCCESSFUL)

    assert task_leases._requeue_one(row, at=NOW) == 0
    row.worker_ids = ["a", "b", "c"]
    assert task_leases._requeue_one(row, at=NOW) == 0
    assert status_of(row) == TaskResultStatus.SUCCESSFUL


def test_old_heartbeats_are_deleted():
    task_leases.beat("old", at=NOW - timedelta(days=1))
    task_leases.beat("new", at=NOW)

    requeue(at=NOW)

    assert list(WorkerHeartbeat.objects.values_list("pk", flat=True)) == ["new"]


@pytest.mark.django_db(transaction=True)
def test_worker_sends_heartbeats_until_it_ends(monkeypatch):
    monkeypatch.setattr(task_leases, "BEAT_SECONDS", 0.05)

    with task_leases.heartbeat("w"):
        first = WorkerHeartbeat.objects.get(pk="w").seen_at
        end = time.monotonic() + 10
        while WorkerHeartbeat.objects.get(pk="w").seen_at == first and time.monotonic() < end:
            time.sleep(0.05)
        assert WorkerHeartbeat.objects.get(pk="w").seen_at > first


def test_task_left_running_by_an_ended_worker_is_requeued():
    """The database became unreachable, so the worker could not save a result."""
    with task_leases.heartbeat("w"):
        row = make_running("w", started=timezone.now())

    requeue(at=timezone.now() + LEASE + timedelta(seconds=1))

    assert status_of(row) == TaskResultStatus.READY


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_task_of_a_killed_worker_runs_in_the_next_one(tmp_path):
    mark = tmp_path / "mark"
    row = DBTaskResult.objects.create(
        task_path="tests.commerce.slow_tasks.wait_for_file", backend_name="default",
        args_kwargs={"args": [str(mark)], "kwargs": {}}, run_after=get_date_max(),
    )  # fmt: skip
    environment = site_environment(
        tmp_path, "http://127.0.0.1:8100",
        DATABASE_URL=database_url(),
        DJANGO_SETTINGS_MODULE="tests.settings_served",
    )  # fmt: skip
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "run_worker"], cwd=ROOT, env=environment
    )
    end = time.monotonic() + 60
    while not (tmp_path / "mark.begun").exists() and time.monotonic() < end:
        time.sleep(0.1)
    worker.kill()
    worker.wait()
    assert status_of(row) == TaskResultStatus.RUNNING

    found = requeue(at=timezone.now() + LEASE + timedelta(seconds=1))
    mark.write_text("go on")
    subprocess.run(
        [sys.executable, "manage.py", "db_worker", "--batch"],
        cwd=ROOT, env=environment, check=True, timeout=120,
    )  # fmt: skip

    assert found == 1
    assert status_of(row) == TaskResultStatus.SUCCESSFUL
    assert len(row.worker_ids) == 2
