"""Who is acting: the person behind the request at hand, for what is written down of changes.

Histories ask here, so that functions far below a view need not hand a user through.
"""

from contextlib import contextmanager
from contextvars import ContextVar

from allauth.core.internal.httpkit import get_client_ip
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

_request = ContextVar("acting_request", default=None)
_person = ContextVar("acting_person", default=None)


def acting_in(request):
    """What the block changes is changed by the person behind a request."""
    return _during(_request, request)


def acting_as(user):
    """What the block changes is changed by this person: for commands and tasks."""
    return _during(_person, user)


@contextmanager
def _during(variable, value):
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)


def acting_address():
    """The IP address that the request at hand came from, as far as proxies are trusted; "" without one."""
    request = _request.get()
    return address_of(request) if request is not None else ""


def address_of(request):
    """The IP address that a request came from; "" where it has none."""
    return (get_client_ip(request) or "")[:45]


def acting_staff():
    """The member of staff who acts, or None: the system, or a customer.

    Histories of the house do not name customers.
    """
    user = _person.get() or getattr(_request.get(), "user", None)
    return user if user is not None and is_staff(user) else None


def is_staff(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether somebody may enter the dashboard or the editors' admin."""
    return user.is_authenticated and (user.is_staff or user.has_perm("wagtailadmin.access_admin"))
