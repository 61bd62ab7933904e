"""Cookies of ours, all with the same flags: their names, set and deleted in one way."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


def cookie_name(name: str) -> str:
    """The name in the browser: with ``__Host-`` where the site is reached by https.

    Browsers accept that prefix only from https, for this host alone and for every path, so that no
    other host of the domain can plant the cookie.
    """
    return settings.COOKIE_PREFIX + name


def read_cookie(request: HttpRequest, name: str) -> str:
    """What the browser sent; "" without it. Anybody can write anything there."""
    return request.COOKIES.get(cookie_name(name), "")


def set_cookie(
    response: HttpResponseBase,
    name: str,
    value: str,
    *,
    max_age: int | None = None,
    is_readable: bool = False,
) -> None:
    """Set a cookie for ``max_age`` seconds, or until the browser closes.

    ``is_readable`` lets scripts read it. Nothing secret may stand in such a cookie.
    """
    response.set_cookie(
        cookie_name(name),
        value,
        max_age=max_age,
        secure=settings.IS_HTTPS,
        httponly=not is_readable,
        samesite="Lax",
    )


def delete_cookie(response: HttpResponseBase, name: str) -> None:
    """Have the browser forget a cookie of ours."""
    response.delete_cookie(cookie_name(name), samesite="Lax")
