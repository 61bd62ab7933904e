"""Serves cached pages: in front of Django if the process has the page, otherwise as first middleware.

A view allows caching with ``allow_caching``; every other response is ``private, no-cache``.
"""

import logging
from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from http.client import responses
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified

from commerce.clock import is_shop_time_set
from commerce.page_cache.cached_response import CachedResponse, cached_response, response_parts
from commerce.page_cache.dependencies import Dependencies, collect_dependencies
from commerce.page_cache.stores import find_cached, put, store
from commerce.page_cache.versions import Snapshot, Unreachable, reading, versions
from commerce.page_counts import CACHED, OWN, RENDERED, count_response
from commerce.urls import with_query

log = logging.getLogger(__name__)

#: Cache-Control of every response whose view did not allow caching.
PRIVATE = "private, no-cache"
#: Parameters that advertisers add. No page reads them, and each click would be cached separately.
TRACKING = ("gclid=", "dclid=", "fbclid=", "msclkid=", "mc_cid=", "mc_eid=", "ttclid=", "twclid=")
#: Longer query strings are not cached.
MAX_QUERY = 1000


class PageCacheFront:
    """WSGI application around the site's; needs no request object, middleware or database."""

    def __init__(self, application: Callable) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        cached = None
        if is_cacheable(environ):
            with suppress(Unreachable):
                cached, _has_old = find_cached(request_key(environ), versions().snapshot())
        if cached is None:
            return self.application(environ, start_response)
        count_response(CACHED, environ["REQUEST_METHOD"], cached.product_id)
        status, headers, body = response_parts(cached, environ)
        start_response(f"{status} {responses[status]}", list(headers.items()))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


class PageCacheMiddleware:
    """Must be first. Serves cached pages to requests without a session; renders an expired page once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return forbid_caching(self.get_response(request))
        try:
            # Read before any row: a change from now on gets a higher version.
            snapshot = versions().snapshot()
        except Unreachable:
            return self.render_own(request)
        with reading(snapshot):
            if is_cacheable(request.META) and is_public(request):
                return self.find_or_render(request, snapshot)
            return self.render_own(request)

    def render_own(self, request: HttpRequest) -> HttpResponse:
        with collect_dependencies() as dependencies:
            response = self.get_response(request)
        if dependencies.is_allowed:
            count_response(OWN, request.method, dependencies.product_id)
        return forbid_caching(response, is_allowed=dependencies.is_allowed)

    def find_or_render(self, request: HttpRequest, snapshot: Snapshot) -> HttpResponse:
        key = request_key(request.META)
        query, added = canonical_query(request.META.get("QUERY_STRING", ""))
        request.META["QUERY_STRING"] = query
        cached, has_old = find_cached(key, snapshot)
        with store().render_lock(key) if has_old else nullcontext(False) as has_waited:
            if has_waited:
                with suppress(Unreachable):
                    snapshot = versions().snapshot()
            if has_old:  # Another request may have rendered it in the meantime.
                cached, _has_old = find_cached(key, snapshot)
            if cached is None:
                with reading(snapshot):
                    return self.render(request, key, snapshot, added)
        count_response(CACHED, request.method, cached.product_id)
        return response_from(cached, request)

    def render(
        self, request: HttpRequest, key: str, snapshot: Snapshot, added: str
    ) -> HttpResponse:
        with collect_dependencies() as dependencies:
            response = self.get_response(request)
        if added and response.status_code in (301, 302, 307, 308):
            response["Location"] = with_query(response["Location"], added)
        if not may_be_cached(request, response, dependencies):
            return forbid_caching(response, is_allowed=dependencies.is_allowed)
        cached = cached_response(response, snapshot, dependencies)
        put(key, cached)
        count_response(RENDERED, request.method, dependencies.product_id)
        return response_from(cached, request)


def is_public(request: HttpRequest) -> bool:
    """Whether the request is for one of our hosts and shows the shop as it is now."""
    with suppress(DisallowedHost):
        return bool(request.get_host()) and not is_shop_time_set()
    return False


def is_cacheable(environ: dict[str, Any]) -> bool:
    """Whether the response to a request may be cached."""
    return settings.PAGE_CACHE and is_anonymous(environ)


def is_anonymous(environ: dict[str, Any]) -> bool:
    """Whether nothing in the request identifies its sender."""
    cookies = environ.get("HTTP_COOKIE", "")
    return (
        environ["REQUEST_METHOD"] in ("GET", "HEAD")
        and "HTTP_AUTHORIZATION" not in environ
        # Anywhere in the header: Django also accepts unusual spellings.
        and f"{settings.SESSION_COOKIE_NAME}=" not in cookies
        and "messages=" not in cookies
        and len(environ.get("QUERY_STRING", "")) <= MAX_QUERY
        and not environ["PATH_INFO"].startswith((settings.STATIC_URL, settings.MEDIA_URL))
    )


def request_key(environ: dict[str, Any]) -> str:
    """The cache key: everything in a request that changes a public page.

    A middleware in front of ``PageCacheMiddleware`` that reads anything else must add it here.
    """
    forwarded = environ.get("HTTP_X_FORWARDED_HOST") if settings.USE_X_FORWARDED_HOST else None
    secure = settings.SECURE_PROXY_SSL_HEADER
    parts = (
        environ.get("wsgi.url_scheme", ""),
        environ.get(secure[0], "") if secure else "",
        forwarded
        or environ.get("HTTP_HOST")
        or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}",
        environ.get("SCRIPT_NAME", ""),
        environ["PATH_INFO"],
        canonical_query(environ.get("QUERY_STRING", ""))[0],
        "part" if environ.get("HTTP_X_REQUESTED_WITH") == "XMLHttpRequest" else "page",
        str(settings.DEPLOYMENT),
    )
    return "\n".join(parts)


def canonical_query(query: str) -> tuple[str, str]:
    """(the query sorted by name, without advertisers' parameters; these parameters)."""
    pairs = sorted(query.split("&"), key=lambda pair: pair.partition("=")[0]) if query else []
    added = [pair for pair in pairs if pair.startswith(("utm_", *TRACKING))]
    return "&".join(pair for pair in pairs if pair not in added), "&".join(added)


def may_be_cached(request: HttpRequest, response: HttpResponse, dependencies: Dependencies) -> bool:
    """Whether the view allowed caching and kept its promise; a broken promise is logged."""
    query = [(name, value) for name, values in request.GET.lists() for value in values]
    is_known = len(query) == len(set(query)) and dependencies.parameters.issuperset(query)
    if not (dependencies.is_allowed and is_known and response.status_code == 200):
        return False
    broken = {
        "it sets a cookie": bool(response.cookies),
        "it read the session": "cookie" in response.get("Vary", "").lower(),
        "it read the basket": getattr(request, "_basket_cache", None) is not None,
        "it is streamed": response.streaming,
    }
    if reasons := [name for name, is_so in broken.items() if is_so]:
        log.warning("%s is not cached: %s", request.path, ", ".join(reasons))
    return not reasons


def response_from(cached: CachedResponse, request: HttpRequest) -> HttpResponse:
    """A cached page as Django's response."""
    status, headers, body = response_parts(cached, request.META)
    if status == 304:
        return HttpResponseNotModified(headers=headers)
    return HttpResponse(body, headers=headers)


def forbid_caching(response: HttpResponse, *, is_allowed: bool = False) -> HttpResponse:
    """Keep shared caches from storing a response. Otherwise a view's own Cache-Control stays."""
    if is_allowed or not response.has_header("Cache-Control"):
        response["Cache-Control"] = PRIVATE
    return response
