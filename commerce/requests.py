"""Request data besides the path: fragment requests, keys in parameters, our cookies."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

#: Digits of the largest possible key.
MAX_KEY_DIGITS = 18
#: Longer lists of keys are cut.
MAX_KEYS_TEXT = 1000


def wants_fragment(request: HttpRequest) -> bool:
    """Whether a script asks for the changed part of a page instead of the page."""
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"


def parse_pk(text: str) -> int | None:
    """The primary key in a parameter; None if it is not one."""
    return (
        int(text) if text.isascii() and text.isdecimal() and len(text) <= MAX_KEY_DIGITS else None
    )


def parse_pks(texts: Iterable[str], *, limit: int) -> list[int]:
    """The keys in texts like "3,14,15", in order, without duplicates, at most ``limit``.

    Anything that is not a key is ignored.
    """
    parts = (part.strip() for text in texts for part in text[:MAX_KEYS_TEXT].split(","))
    keys = (parse_pk(part) for part in parts)
    return list(dict.fromkeys(key for key in keys if key))[:limit]


def previous_page(request: HttpRequest) -> str:
    """Path and query of the referring page of this site; "" for any other referrer."""
    sender = request.META.get("HTTP_REFERER", "")
    if not url_has_allowed_host_and_scheme(sender, {request.get_host()}, request.is_secure()):
        return ""
    parts = urlsplit(sender)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def cookie_name(name: str) -> str:
    """The cookie's name in the browser: with the prefix ``__Host-`` on HTTPS.

    Browsers accept the prefix only from this host over HTTPS, so no other host of the domain can
    set the cookie.
    """
    return settings.COOKIE_PREFIX + name


def read_cookie(request: HttpRequest, name: str) -> str:
    """The cookie's value, or "". It is untrusted input."""
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

    ``is_readable`` lets scripts read it; never store a secret in such a cookie.
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
    """Delete a cookie of ours from the browser."""
    response.delete_cookie(cookie_name(name), samesite="Lax")
