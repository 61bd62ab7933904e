"""Who is asking, without looking where nobody can be; the content security policy by path."""

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware as DjangosMiddleware
from django.contrib.auth.models import AnonymousUser

#: Oscar's dashboard and Wagtail's admin carry inline code of their own.
STAFF_PATHS = ("/dashboard/", "/admin/")
STAFF_POLICY = {
    "default-src": ["'self'"],
    "script-src": ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:", "blob:"],
    "font-src": ["'self'", "data:"],
    "object-src": ["'none'"],
    "base-uri": ["'self'"],
    "frame-ancestors": ["'self'"],
}


class AuthenticationMiddleware(DjangosMiddleware):
    """Without the session's cookie nobody is signed in, and the session is not asked.

    Who looks into a session says that the page differs by cookie, and no cache may keep it.
    """

    def process_request(self, request):
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            super().process_request(request)
            return
        request.user = AnonymousUser()
        request.auser = _nobody


async def _nobody():
    return AnonymousUser()


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """Sends ``CONTENT_SECURITY_POLICY`` to shoppers and ``STAFF_POLICY`` to staff pages."""

    HEADER = "Content-Security-Policy"

    def process_response(self, request, response):
        if not request.path.startswith(STAFF_PATHS):
            return super().process_response(request, response)
        response._csp_replace = STAFF_POLICY
        # A preview is a page of the shop, answered with the shop's policy, inside the admin's frame.
        if policy := response.headers.get(self.HEADER):
            response.headers[self.HEADER] = policy.replace(
                "frame-ancestors 'none'", "frame-ancestors 'self'"
            )
        return super().process_response(request, response)
