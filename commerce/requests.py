"""What a request asks for beyond its address: which moment, and a page or a part of one."""

from urllib.parse import urlsplit

from django.http import HttpRequest
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
