"""Runs code at another time."""

from commerce.clock import stopped_clock


def at_time(at, function, *args, **kwargs):
    """Call a function at a time, or now if ``at`` is None, and return its result."""
    if at is None:
        return function(*args, **kwargs)
    with stopped_clock(at):
        return function(*args, **kwargs)
