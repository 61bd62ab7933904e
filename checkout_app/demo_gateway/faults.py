"""Faults on demand, for tests: what a network and a tired gateway do to a shop."""

from collections import deque
from contextlib import contextmanager

import stripe

#: Faults for the coming requests, first come first served: "drop" (the effect happens, the answer
#: is lost), "error" (500, no effect), "unreachable" (no effect, no answer).
_queue = deque()
_held = []


def plan(*names):
    """Let the coming requests to the gateway fail like this, one each."""
    _queue.extend(names)


def clear():
    """No faults any more."""
    _queue.clear()
    _held.clear()


def before_request():
    """The fault of this request, if any; raises where the request does not arrive."""
    fault = _queue.popleft() if _queue else ""
    if fault == "unreachable":
        raise stripe.APIConnectionError("demo: unreachable")
    return fault


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
    return bool(_held)
