"""Who is asking, without looking where nobody can be; the content security policy by path."""

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware as DjangosMiddleware
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

from commerce.actor import request_actor
from commerce.permissions.table import STAFF_PATHS
from commerce.same_origin import SAFE_METHODS

#: Stand for addresses of this host in a policy: the static files, and Wagtail's words for its scripts.
STATIC_FILES, ADMIN_WORDS = "{static-files}", "{admin-words}"
#: Oscar's dashboard and Wagtail's admin carry inline code of their own.
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
    """Without the session's cookie nobody is signed in, and the session is not asked.

    Who looks into a session says that the page differs by cookie, and no cache may keep it. Of requests
    that may change something histories learn who is behind them (commerce.actor).
    """

    async_capable = False

    def __call__(self, request):
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            self.process_request(request)
        else:
            request.user = AnonymousUser()
            request.auser = _nobody
        if request.method in SAFE_METHODS:
            return self.get_response(request)
        with request_actor(request):
            return self.get_response(request)


async def _nobody():
    return AnonymousUser()


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """Sends ``CONTENT_SECURITY_POLICY`` to shoppers and ``STAFF_POLICY`` to staff pages.

    No request gets a nonce: scripts of ours are files, and a kept page would repeat it.
    """

    HEADER = "Content-Security-Policy"
    async_capable = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.process_response(request, self.get_response(request))

    def process_response(self, request, response):
        if not request.path.startswith(STAFF_PATHS):
            return self.name_host(request, super().process_response(request, response))
        response._csp_replace = STAFF_POLICY
        # A preview is a page of the shop, answered with the shop's policy, inside the admin's frame.
        if policy := response.headers.get(self.HEADER):
            response.headers[self.HEADER] = policy.replace(
                "frame-ancestors 'none'", "frame-ancestors 'self'"
            )
        return self.name_host(request, super().process_response(request, response))

    def name_host(self, request, response):
        """Put the address that this request came to in the place of ``STATIC_FILES``.

        A source with a path needs a host, and a shop may answer to several.
        """
        if policy := response.headers.get(self.HEADER):
            origin = origin_of(request)
            response.headers[self.HEADER] = policy.replace(
                STATIC_FILES, f"{origin}{settings.STATIC_URL}"
            ).replace(ADMIN_WORDS, f"{origin}/admin/jsi18n/")
        return response


def origin_of(request):
    """Scheme and host of a request; the shop's own where the host is not one of ours."""
    try:
        return f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        return settings.SITE_URL
