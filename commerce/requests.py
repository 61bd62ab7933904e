"""What a request carries beyond its address: the shape it asks for, keys in parameters, cookies of ours."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

#: Digits of the largest key that a database has; longer ones are nobody's.
MAX_KEY_DIGITS = 18
#: As much of a list of keys is read; no list of ours is longer.
MAX_KEYS_TEXT = 1000


def moment_of(request):
    """The moment the page is shown for: None (now), or the one a middleware set on the request."""
    return getattr(request, "at", None)


def wants_fragment(request):
    """Whether a script of ours asks for the changed part of a page instead of the page."""
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"


def parse_pk(text):
    """A row's key as a parameter carries it; None for anything that cannot be one."""
    return (
        int(text) if text.isascii() and text.isdecimal() and len(text) <= MAX_KEY_DIGITS else None
    )


def parse_pks(texts, *, limit):
    """The keys in texts like "3,14,15", each once and in their order, at most ``limit``.

    Whatever cannot be a key is left out.
    """
    parts = (part.strip() for text in texts for part in text[:MAX_KEYS_TEXT].split(","))
    keys = (parse_pk(part) for part in parts)
    return list(dict.fromkeys(key for key in keys if key))[:limit]


def previous_page(request: HttpRequest) -> str:
    """Path and query of the page of this site that led here, as the browser says; "" for any other."""
    sender = request.META.get("HTTP_REFERER", "")
    if not url_has_allowed_host_and_scheme(sender, {request.get_host()}, request.is_secure()):
        return ""
    parts = urlsplit(sender)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


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
