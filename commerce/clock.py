"""The shop's clock: the moment for which prices, offers and pages are computed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

#: (the moment, whether somebody chose it)
_moment: ContextVar[tuple[datetime, bool] | None] = ContextVar("moment", default=None)


def shop_now() -> datetime:
    """The moment to compute prices, offers and pages for.

    Constant during a request, so that a page reflects one moment. Outside a request it is now, and
    in ``shop_time`` the moment given there. Records (payments, mails, tokens, throttles) use the
    system time instead.
    """
    found = _moment.get()
    return found[0] if found else timezone.now()


def is_shop_time_set() -> bool:
    """Whether somebody chose the moment by ``shop_time``, so that nothing may be cached."""
    found = _moment.get()
    return bool(found and found[1])


@contextmanager
def shop_time(at: datetime) -> Iterator[None]:
    """Compute everything in the block for a chosen moment; nothing in it is cached."""
    with _set(at, is_chosen=True):
        yield


@contextmanager
def stopped_clock(at: datetime) -> Iterator[None]:
    """Stop the clock at the moment at which something begins; a moment chosen before stays."""
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
    """Stops the clock for the length of a request. Stands in front of the page cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with stopped_clock(timezone.now()):
            return self.get_response(request)
