"""The shop at another moment."""

from commerce.clock import stopped_clock


def at_time(at, function, *args, **kwargs):
    """What a function gives at a moment; None for now."""
    if at is None:
        return function(*args, **kwargs)
    with stopped_clock(at):
        return function(*args, **kwargs)
