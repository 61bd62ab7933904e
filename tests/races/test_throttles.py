"""Simultaneous attempts: no more pass than in sequence."""

from copy import copy

import pytest

from commerce.models import Throttle
from commerce.throttles import Limit, TooManyAttempts, count_attempt

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
LIMITS = {"password:account:a": Limit(free=5), "password:ip:b": Limit(free=50)}


def test_twenty_simultaneous_guesses_are_five_attempts(together):
    results = together(20, lambda _index: count_attempt(LIMITS))

    refused = [result for result in results if isinstance(result, TooManyAttempts)]
    assert (results.count(None), len(refused)) == (5, 15), results
    assert Throttle.objects.get(key="password:account:a").count == 5
    assert Throttle.objects.get(key="password:ip:b").count == 5


def test_control_without_the_lock_lets_more_pass(together, monkeypatch):
    """Makes the same attempts, each of which decides with the counts read before all others wrote.

    SQLite lets one transaction write after the other, so this test has to inject the earlier counts.
    """
    count_attempt(LIMITS)
    stale = list(Throttle.objects.order_by("key"))
    monkeypatch.setattr(
        "commerce.throttles._locked_rows", lambda keys, *, at: [copy(row) for row in stale]
    )

    results = together(20, lambda _index: count_attempt(LIMITS))

    assert results.count(None) == 20
