"""Faults on demand: what a network and a tired gateway do to a shop.

``plan`` and ``webhooks_held`` are for tests, in their own process. ``set_fault`` writes a row, so
that a staff page in development (and a load from outside) reaches every process of the site.
"""

import random
import time
from collections import deque
from contextlib import contextmanager

import stripe
from django.db import transaction

from demo_gateway.models import DemoFault

#: Of one request: the effect happens and the answer is lost; 500 and no effect; no effect and no
#: answer; the answer takes its time; the keys are not accepted.
DROP, ERROR, UNREACHABLE, DELAY = "drop", "error", "unreachable", "delay"
REVOKED = "revoked"
REQUEST_FAULTS = (DROP, ERROR, UNREACHABLE, DELAY, REVOKED)
#: Of webhooks: kept back; delivered twice; the newest first.
HOLD, DUPLICATE, REORDER = "hold", "duplicate", "reorder"
WEBHOOK_FAULTS = (HOLD, DUPLICATE, REORDER)

#: Faults for the coming requests of this process, first come first served.
_queue = deque()
_held = []


def plan(*names):
    """Let the coming requests to the gateway fail like this, one each."""
    _queue.extend(names)


def set_fault(name, *, seconds=0.0, is_lasting=False):
    """Plan a fault for whichever process comes next; a lasting one stays until ``clear_faults``.

    ``seconds`` is the delay's. A lasting fault of requests strikes one in four of them. Raises
    ValueError for a name that is none.
    """
    if name not in REQUEST_FAULTS + WEBHOOK_FAULTS:
        raise ValueError(f"no fault is called {name}")
    return DemoFault.objects.create(name=name, seconds=seconds, is_lasting=is_lasting)


def clear():
    """No faults of this process any more."""
    _queue.clear()
    _held.clear()


def clear_faults():
    """No faults of the table any more."""
    DemoFault.objects.all().delete()


def before_request():
    """The fault of this request, if any; raises where the request does not arrive."""
    fault = _queue.popleft() if _queue else _planned()
    if fault == UNREACHABLE:
        raise stripe.APIConnectionError("demo: unreachable")
    return fault


def _planned():
    """The next fault of the table; one that does not last is used up by it."""
    for row in DemoFault.objects.filter(name__in=REQUEST_FAULTS).order_by("pk"):
        if row.is_lasting and random.random() > 0.25:  # noqa: S311  a fault's chance
            continue
        if not row.is_lasting:
            with transaction.atomic():
                gone, _rows = DemoFault.objects.filter(pk=row.pk).delete()
            if not gone:  # Another process had it.
                continue
        if row.name == DELAY:
            time.sleep(row.seconds)
            return ""
        return row.name
    return ""


@contextmanager
def webhooks_held():
    """While it lasts, events are made but not delivered."""
    _held.append(True)
    try:
        yield
    finally:
        _held.pop()


def are_webhooks_held():
    """Whether events stay where they are."""
    return bool(_held) or has_fault(HOLD)


def has_fault(name):
    """Whether a fault of webhooks is set."""
    return DemoFault.objects.filter(name=name).exists()
