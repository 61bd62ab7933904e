"""The shop's clock: the time for which prices, offers and pages are computed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

#: ``(time, whether it was set by shop_time)``.
_moment: ContextVar[tuple[datetime, bool] | None] = ContextVar("moment", default=None)


def shop_now() -> datetime:
    """Return the time for which to compute prices, offers and pages.

    It is constant during a request, so that everything on a page refers to the same moment. Outside a
    request it is the current time, and inside ``shop_time`` the given time. Records such as payments,
    mails, tokens and throttles use the system clock instead.
    """
    found = _moment.get()
    return found[0] if found else timezone.now()


def is_shop_time_set() -> bool:
    """Whether ``shop_time`` set the time, so that nothing may be cached."""
    found = _moment.get()
    return bool(found and found[1])


@contextmanager
def shop_time(at: datetime) -> Iterator[None]:
    """Compute everything in the block for a given time. Nothing in the block is cached."""
    with _set(at, is_chosen=True):
        yield


@contextmanager
def stopped_clock(at: datetime) -> Iterator[None]:
    """Stop the clock at ``at``. A time set by ``shop_time`` stays."""
    moment, is_chosen = _moment.get() or (at, False)
    with _set(moment if is_chosen else at, is_chosen=is_chosen):
        yield


@contextmanager
def _set(moment: datetime, *, is_chosen: bool) -> Iterator[None]:
    token = _moment.set((moment, is_chosen))
    try:
        yield
    finally:
        _moment.reset(token)


class ShopClockMiddleware:
    """Stops the clock for the length of a request. Must come before the page cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with stopped_clock(timezone.now()):
            return self.get_response(request)
