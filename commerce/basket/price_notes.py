"""A cookie with the price changes a shopper has seen; showing a basket must not write rows."""

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from commerce.requests import delete_cookie, read_cookie, set_cookie

COOKIE = "prices_read"
#: Most marks in the cookie; the newest are kept. Showing a notice twice does no harm.
MAX_MARKS = 50


def prices_read(request: HttpRequest) -> set[str]:
    """The marks (``Notice.mark``) of the notices this browser has shown."""
    return {mark for mark in read_cookie(request, COOKIE).split(".") if mark}


def remember_prices(request: HttpRequest, response: HttpResponse, marks: Iterable[str]) -> None:
    """Store the marks of the notices on this page in the cookie, replacing earlier ones."""
    text = ".".join(sorted(marks)[-MAX_MARKS:])
    if text == read_cookie(request, COOKIE):
        return
    if not text:
        delete_cookie(response, COOKIE)
        return
    set_cookie(response, COOKIE, text, max_age=settings.OSCAR_BASKET_COOKIE_LIFETIME)
