"""Authentication that leaves anonymous sessions unread, and the content security policy by path."""

from collections.abc import Callable
from typing import cast

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware as DjangosMiddleware
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from commerce.actor import request_actor
from commerce.permissions.table import STAFF_PATHS
from commerce.same_origin import SAFE_METHODS

#: Placeholders for this host's URLs of static files and of Wagtail's translations for scripts.
STATIC_FILES, ADMIN_WORDS = "{static-files}", "{admin-words}"
#: Oscar's dashboard and Wagtail's admin contain inline code.
STAFF_POLICY = {
    "default-src": ["'self'"],
    "script-src": [STATIC_FILES, ADMIN_WORDS, "'unsafe-inline'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:", "blob:"],
    "font-src": ["'self'", "data:"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'self'"],
}


class AuthenticationMiddleware(DjangosMiddleware):
    """Leaves the session unread if the request has no session cookie.

    Reading it would add ``Vary: Cookie``, and the page could not be cached. For requests that may
    change something, the user is recorded as the actor of histories (commerce.actor).
    """

    async_capable = False

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        get_response = cast("Callable[[HttpRequest], HttpResponseBase]", self.get_response)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            self.process_request(request)
        else:
            request.user = AnonymousUser()
            request.auser = _nobody
        if request.method in SAFE_METHODS:
            return get_response(request)
        with request_actor(request):
            return get_response(request)


async def _nobody():
    return AnonymousUser()


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """Sends ``CONTENT_SECURITY_POLICY`` to shoppers and ``STAFF_POLICY`` to staff pages.

    There is no nonce: our scripts are files, and a cached page would repeat it.
    """

    HEADER = "Content-Security-Policy"
    async_capable = False

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        get_response = cast("Callable[[HttpRequest], HttpResponseBase]", self.get_response)
        return self.process_response(request, get_response(request))

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not request.path.startswith(STAFF_PATHS):
            return self.name_host(request, super().process_response(request, response))
        response._csp_replace = STAFF_POLICY  # type: ignore[attr-defined]  # read by django-csp
        # A preview has the shop's policy, but the admin shows it in a frame.
        if policy := response.headers.get(self.HEADER):
            response.headers[self.HEADER] = policy.replace(
                "frame-ancestors 'none'", "frame-ancestors 'self'"
            )
        return self.name_host(request, super().process_response(request, response))

    def name_host(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Replace the placeholders by this request's host.

        A source with a path needs a host, and a shop may have several.
        """
        if policy := response.headers.get(self.HEADER):
            origin = origin_of(request)
            response.headers[self.HEADER] = policy.replace(
                STATIC_FILES, f"{origin}{settings.STATIC_URL}"
            ).replace(ADMIN_WORDS, f"{origin}/admin/jsi18n/")
        return response


def origin_of(request: HttpRequest) -> str:
    """Scheme and host of a request; the shop's own if the host is not ours."""
    try:
        return f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        return settings.SITE_URL
