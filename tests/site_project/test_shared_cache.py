"""Processes with separate page caches do not start without Redis, or turn their caches off."""

import threading
from datetime import timedelta
from itertools import count
from queue import Empty, Queue

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone

from commerce import task_leases
from commerce.models import WorkerHeartbeat
from commerce.page_cache.memoise import memoise
from commerce.page_cache.versions import publish, versions
from site_project import production
from tests.caching import forget

pytestmark = pytest.mark.django_db


@pytest.fixture
def started(caching, monkeypatch):
    """A web process about to start with its own cache, without the wait for heartbeats."""
    caching()
    clock = count(step=100)
    monkeypatch.setattr(task_leases.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(task_leases.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(task_leases.connection, "close", lambda: None)


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


def test_process_that_has_just_ended_delays_the_start_only(started, monkeypatch):
    """Its last heartbeat gets too old before the wait is over."""
    clock = count(step=5)
    monkeypatch.setattr(task_leases.time, "monotonic", lambda: next(clock))
    start = timezone.now()
    monkeypatch.setattr(task_leases.timezone, "now", lambda: start + timedelta(seconds=next(clock)))
    worker(cache_epoch="another machine's")

    assert production.cache_errors() == []


def test_heartbeat_contains_the_cache_epoch(caching):
    caching()
    task_leases.beat("worker")

    assert WorkerHeartbeat.objects.get().cache_epoch == task_leases.cache_epoch() != ""


def test_worker_on_another_machine_does_not_start(started, settings):
    settings.TASK_QUEUE = "database"
    worker(cache_epoch="another machine's")

    with pytest.raises(CommandError, match="set REDIS_URL, or share VAR_DIR"):
        call_command("run_worker")


# --- Machines that started at the same time --------------------------------------------------------


@pytest.fixture
def running(caching, vase, monkeypatch):
    """``running(epochs)``: this process, while another machine sends a heartbeat with each epoch.

    Returns for each whether pages are public afterwards. None: the other machine is silent.
    """
    caching()
    monkeypatch.setattr(task_leases, "_watch", task_leases.CacheWatch())

    def run(epochs):
        publics, now = [], timezone.now()
        for turn, epoch in enumerate(epochs):
            at = now + timedelta(seconds=turn * task_leases.BEAT_SECONDS)
            if epoch is not None:
                values = {"seen_at": at - timedelta(seconds=9), "cache_epoch": epoch}
                WorkerHeartbeat.objects.update_or_create(pk="web-other", defaults=values)
            task_leases.beat("web-own", at=at)
            page = Client().get(vase.get_absolute_url())
            publics.append("public" in page["Cache-Control"])
        return publics

    return run


def test_process_turns_its_cache_off_if_another_machine_has_its_own(running, caplog, vase):
    before = task_leases.cache_epoch()

    assert running(["theirs"] * 5) == [True, True, False, False, False]

    [record] = [row for row in caplog.records if row.levelname == "ERROR"]
    assert "set REDIS_URL, or share VAR_DIR" in record.message
    assert memoise("value", count().__next__) != memoise("value", lambda: None)
    # The other machine still sees this one, and nothing cached before is used after a restart.
    own = WorkerHeartbeat.objects.get(pk="web-own").cache_epoch
    forget()
    assert versions().snapshot().epoch == own != before


def test_process_without_a_cache_still_writes_changes(running):
    running(["theirs"] * 3)
    assert versions().is_off  # control

    publish(["thing"])

    forget()
    assert versions().snapshot().newest(["thing"]) > 0


def test_processes_of_one_machine_keep_their_cache(running):
    assert running([task_leases.cache_epoch()] * 5) == [True] * 5


def test_machine_that_stopped_is_forgotten(running):
    assert running(["theirs", "theirs", None, None, None, None]) == [True] * 6
    assert task_leases.separate_caches(at=timezone.now() + timedelta(seconds=100)) == {}


def test_cleared_cache_folder_is_no_second_cache(running):
    """Processes of this machine report the old cache at most twice more."""
    assert running(["old", "old", task_leases.cache_epoch(), "", "old"]) == [True] * 5


def test_no_cache_is_turned_off_with_redis(running, settings):
    settings.PAGE_VERSIONS = "redis"

    running(["theirs"] * 4)

    assert not versions().is_off


# --- The heartbeat of web processes ----------------------------------------------------------------


@pytest.fixture
def beats(caching, settings, monkeypatch):
    """The processes that send heartbeats from a thread, which does not use the database here."""
    caching()
    settings.COUNTER_SECONDS = 30
    sent = Queue()
    monkeypatch.setattr(task_leases, "_web_started", threading.Lock())
    monkeypatch.setattr(task_leases, "_web_ended", threading.Event())
    monkeypatch.setattr(task_leases, "beat", sent.put)
    monkeypatch.setattr(task_leases, "BEAT_SECONDS", 0.01)
    yield sent
    task_leases._web_ended.set()


def test_web_process_sends_heartbeats_from_one_thread(beats):
    for _request in range(3):
        task_leases.start_web_heartbeat()

    names = {beats.get(timeout=10) for _n in range(3)}

    assert len(names) == 1
    assert names.pop().startswith("web-")


@pytest.mark.parametrize(
    ("name", "value"), [("COUNTER_SECONDS", 0), ("PAGE_CACHE", False), ("PAGE_VERSIONS", "redis")]
)
def test_web_process_that_needs_no_heartbeat_sends_none(beats, settings, name, value):
    setattr(settings, name, value)

    task_leases.start_web_heartbeat()

    with pytest.raises(Empty):
        beats.get(timeout=0.1)
