"""Who is acting: the person behind the request at hand, for what is written down of changes.

Histories ask here, so that functions far below a view need not hand a user through.
"""

from contextlib import contextmanager
from contextvars import ContextVar

_request = ContextVar("acting_request", default=None)
_person = ContextVar("acting_person", default=None)
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")


class ActingMiddleware:
    """Notes whose request it is while it is answered; requests that change nothing cost nothing."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method in SAFE:
            return self.get_response(request)
        token = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(token)


@contextmanager
def acting_as(user):
    """What the block changes is changed by this person: for commands and tasks."""
    token = _person.set(user)
    try:
        yield
    finally:
        _person.reset(token)


def acting_staff():
    """The member of staff who acts, or None: the system, or a customer.

    Histories of the house do not name customers.
    """
    user = _person.get() or getattr(_request.get(), "user", None)
    if user is None or not user.is_authenticated or not user.is_staff:
        return None
    return user
