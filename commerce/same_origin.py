"""CSRF protection without tokens, by the origin of the request.

A page cached for everybody cannot contain a token of one browser. The origin headers of a browser
cannot be forged by other sites.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.csrf import csrf_failure
from django.views.decorators.csrf import csrf_exempt

#: Values of Sec-Fetch-Site for requests from our pages or directly from the visitor.
OURS = frozenset({"same-origin", "none"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_from_our_pages(request: HttpRequest) -> bool:
    """Whether a page of this site sent the request.

    Checks ``Sec-Fetch-Site`` if present, else ``Origin``, else ``Referer``. Without any of them,
    only requests without cookies pass, because they act for no account.
    """
    if getattr(request, "_dont_enforce_csrf_checks", False):  # Django's test client
        return True
    site = request.META.get("HTTP_SEC_FETCH_SITE")
    if site is not None:
        return site in OURS
    for header in ("HTTP_ORIGIN", "HTTP_REFERER"):
        if header in request.META:
            return _origin_of(request.META[header]) in _origins(request)
    return not request.COOKIES


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _origins(request: HttpRequest) -> set[str]:
    return {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}


def same_origin_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Replace a view's CSRF tokens by the origin check: a POST from elsewhere is refused."""

    @csrf_exempt
    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in SAFE_METHODS and not is_from_our_pages(request):
            return csrf_failure(request, reason="The form was not sent from one of our pages.")
        return view(request, *args, **kwargs)

    return wrapper
