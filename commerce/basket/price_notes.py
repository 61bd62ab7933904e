"""A cookie with the price changes a shopper has seen; showing a basket must not write rows."""

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from commerce.requests import delete_cookie, read_cookie, set_cookie

COOKIE = "prices_read"
#: Most keys stored in the cookie; a notice shown twice does no harm.
MAX_KEYS = 50


def prices_read(request: HttpRequest) -> set[str]:
    """The keys (``Notice.seen_key``) of the notices this browser has shown."""
    return {key for key in read_cookie(request, COOKIE).split(".") if key}


def remember_prices(request: HttpRequest, response: HttpResponse, keys: Iterable[str]) -> None:
    """Store the keys of the notices on this page in the cookie, replacing earlier ones."""
    text = ".".join(sorted(keys)[-MAX_KEYS:])
    if text == read_cookie(request, COOKIE):
        return
    if not text:
        delete_cookie(response, COOKIE)
        return
    set_cookie(response, COOKIE, text, max_age=settings.OSCAR_BASKET_COOKIE_LIFETIME)
