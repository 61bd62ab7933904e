"""The current actor, recorded by histories and the audit log.

Functions called deep below a view read it here, so that no caller has to pass a user.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import cast

from allauth.core.internal.httpkit import get_client_ip
from allauth.core.internal.ratelimit import get_ip
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from commerce.models import User

_request: ContextVar[HttpRequest | None] = ContextVar("actor_request", default=None)


#: The member of staff for whom a background task works.
_principal: ContextVar[User | None] = ContextVar("actor_principal", default=None)


@contextmanager
def task_actor(user: User | None) -> Iterator[None]:
    """Attribute changes made inside the block to the member of staff who started a task."""
    token = _principal.set(user)
    try:
        yield
    finally:
        _principal.reset(token)


@contextmanager
def request_actor(request: HttpRequest) -> Iterator[None]:
    """Attribute changes made inside the block to the user of a request."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def actor_address() -> str:
    """The IP address of the current request, from trusted proxies only; "" without a request."""
    request = _request.get()
    return address_of(request) if request is not None else ""


def address_of(request: HttpRequest) -> str:
    """The IP address that a request came from; "" if unknown."""
    return (get_client_ip(request) or "")[:45]


def network_of(request: HttpRequest) -> str:
    """The IP address that throttles count by: IPv6 addresses by /64.

    Raises PermissionDenied if the address is unknown.
    """
    return get_ip(request)


def signed_in_user(request: HttpRequest) -> User:
    """The account behind a request whose view requires a sign-in."""
    return cast(User, request.user)


def staff_actor() -> User | None:
    """The member of staff who acts, or None for the system and for customers.

    Histories do not name customers.
    """
    user = _principal.get() or getattr(_request.get(), "user", None)
    return user if user is not None and is_staff(user) else None


def is_staff(user: User | AnonymousUser) -> bool:
    """Whether the user may enter the dashboard or the Wagtail admin."""
    return user.is_authenticated and (user.is_staff or user.has_perm("wagtailadmin.access_admin"))
