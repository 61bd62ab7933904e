"""Attempts at the same moment: no more pass than one after the other."""

import threading

import pytest
from django.db import connection

from commerce.models import Throttle
from commerce.throttles import Limit, TooManyAttempts, take_attempt

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
LIMITS = {"password:account:a": Limit(free=5), "password:ip:b": Limit(free=50)}


def test_twenty_guesses_at_once_are_five_attempts(together):
    results = together(20, lambda _index: take_attempt(LIMITS))

    refused = [result for result in results if isinstance(result, TooManyAttempts)]
    assert (results.count(None), len(refused)) == (5, 15), results
    assert Throttle.objects.get(key="password:account:a").count == 5
    assert Throttle.objects.get(key="password:ip:b").count == 5


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time anyway")
def test_control_without_the_lock_lets_more_pass(together, monkeypatch):
    """The test above would tell: the same attempts, reading without a lock."""
    take_attempt(LIMITS)  # the rows are there
    all_have_read = threading.Barrier(20)

    def read_without_lock(keys, *, at):
        rows = list(Throttle.objects.filter(key__in=keys).order_by("key"))
        all_have_read.wait(timeout=30)
        return rows

    monkeypatch.setattr("commerce.throttles._locked_rows", read_without_lock)

    results = together(20, lambda _index: take_attempt(LIMITS))

    assert results.count(None) > 5
