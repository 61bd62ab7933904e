"""Attempts at the same moment: no more pass than one after the other."""

import threading

import pytest
from django.utils import timezone

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


def test_control_without_the_lock_lets_all_pass(together):
    Throttle.objects.create(key="a", started_at=timezone.now(), wait_until=timezone.now())
    all_have_read = threading.Barrier(20)

    def unguarded(_index):
        count = Throttle.objects.get(key="a").count
        all_have_read.wait(timeout=30)
        if count >= 5:
            raise TooManyAttempts(30)
        Throttle.objects.filter(key="a").update(count=count + 1)

    results = together(20, unguarded)

    assert results.count(None) == 20
