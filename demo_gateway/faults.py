"""Simulated faults of the network and the gateway.

``plan`` and ``webhooks_held`` are for tests, within their process. ``set_fault`` writes a row, so
the fault simulator and load tests reach every process of the site.
"""

import random
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import stripe
from django.db import transaction

from demo_gateway.models import DemoFault

#: Faults of one request: response lost after the effect, 500 without an effect, gateway
#: unreachable,
#: response delayed, keys rejected.
DROP, ERROR, UNREACHABLE, DELAY = "drop", "error", "unreachable", "delay"
REVOKED = "revoked"
REQUEST_FAULTS = (DROP, ERROR, UNREACHABLE, DELAY, REVOKED)
#: Faults of webhooks: held back; delivered twice; delivered newest first.
HOLD, DUPLICATE, REORDER = "hold", "duplicate", "reorder"
WEBHOOK_FAULTS = (HOLD, DUPLICATE, REORDER)

#: Faults for the next requests of this process, in order.
_queue: deque[str] = deque()
_held: list[bool] = []


def plan(*names: str) -> None:
    """Plan one fault for each of the next requests to the gateway."""
    _queue.extend(names)


def set_fault(name: str, *, seconds: float = 0.0, is_lasting: bool = False) -> DemoFault:
    """Plan a fault for the next request of any process; a lasting one stays until ``clear_faults``.

    ``seconds`` is the length of a delay. A lasting fault affects one request in four. Raises
    ValueError for an unknown name.
    """
    if name not in REQUEST_FAULTS + WEBHOOK_FAULTS:
        raise ValueError(f"unknown fault: {name}")
    return DemoFault.objects.create(name=name, seconds=seconds, is_lasting=is_lasting)


def clear() -> None:
    """Remove the faults of this process."""
    _queue.clear()
    _held.clear()


def clear_faults() -> None:
    """Remove the faults of all processes."""
    DemoFault.objects.all().delete()


def before_request() -> str:
    """The fault of this request, or "". Raises APIConnectionError if the gateway is unreachable."""
    fault = _queue.popleft() if _queue else _planned()
    if fault == UNREACHABLE:
        raise stripe.APIConnectionError("demo: unreachable")
    return fault


def _planned() -> str:
    """The next fault of the table, which is deleted unless it is a lasting one."""
    for row in DemoFault.objects.filter(name__in=REQUEST_FAULTS).order_by("pk"):
        if row.is_lasting and random.random() > 0.25:  # noqa: S311  a fault's chance
            continue
        if not row.is_lasting:
            with transaction.atomic():
                gone, _rows = DemoFault.objects.filter(pk=row.pk).delete()
            if not gone:  # another process took it
                continue
        if row.name == DELAY:
            time.sleep(row.seconds)
            return ""
        return row.name
    return ""


@contextmanager
def webhooks_held() -> Iterator[None]:
    """Within the block, events are written but not delivered."""
    _held.append(True)
    try:
        yield
    finally:
        _held.pop()


def are_webhooks_held() -> bool:
    """Whether webhooks are held back."""
    return bool(_held) or has_fault(HOLD)


def has_fault(name: str) -> bool:
    """Whether a fault is set for all processes."""
    return DemoFault.objects.filter(name=name).exists()
