"""Processes with separate page caches do not start without Redis."""

from datetime import timedelta
from itertools import count

import pytest
from django.utils import timezone

from commerce import task_leases
from commerce.models import WorkerHeartbeat
from site_project import production

pytestmark = pytest.mark.django_db


@pytest.fixture
def started(caching, monkeypatch):
    """A web process about to start with its own cache, without the wait for heartbeats."""
    caching()
    clock = count(step=100)
    monkeypatch.setattr(production.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(production.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(production.connection, "close", lambda: None)


def worker(**changes):
    task_leases.beat("worker")
    WorkerHeartbeat.objects.filter(pk="worker").update(**changes)


def test_worker_with_the_same_cache_is_accepted(started):
    worker()

    assert production.cache_errors() == []


def test_worker_on_another_machine_is_reported(started):
    worker(cache_epoch="another machine's")

    [sentence] = production.cache_errors()

    assert "set REDIS_URL" in sentence


def test_no_check_is_made_with_redis(started, settings):
    worker(cache_epoch="another machine's")
    settings.PAGE_VERSIONS = "redis"

    assert production.cache_errors() == []


def test_ended_worker_is_ignored(started):
    worker(cache_epoch="another machine's", seen_at=timezone.now() - timedelta(days=1))

    assert production.cache_errors() == []


def test_heartbeat_contains_the_cache_epoch(caching):
    caching()
    task_leases.beat("worker")

    assert task_leases.epochs_of_workers() == {task_leases.cache_epoch()} != {""}
