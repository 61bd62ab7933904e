"""The current actor, recorded by histories and the audit log.

Functions far below a view ask here, so that nobody hands a user through.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import cast

from allauth.core.internal.httpkit import get_client_ip
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest

from commerce.models import User

_request: ContextVar[HttpRequest | None] = ContextVar("actor_request", default=None)


@contextmanager
def request_actor(request: HttpRequest) -> Iterator[None]:
    """Record changes of the block as made by the person behind a request."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def actor_address() -> str:
    """The IP address of the current request, as far as proxies are trusted; "" without a request."""
    request = _request.get()
    return address_of(request) if request is not None else ""


def address_of(request: HttpRequest) -> str:
    """The IP address that a request came from; "" where it has none."""
    return (get_client_ip(request) or "")[:45]


def signed_in_user(request: HttpRequest) -> User:
    """The account behind a request whose view requires a sign-in."""
    return cast(User, request.user)


def staff_actor() -> User | None:
    """The member of staff who acts, or None for the system and for customers.

    The shop's histories do not name customers.
    """
    user = getattr(_request.get(), "user", None)
    return user if user is not None and is_staff(user) else None


def is_staff(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether somebody may enter the dashboard or the editors' admin."""
    return user.is_authenticated and (user.is_staff or user.has_perm("wagtailadmin.access_admin"))
