"""The content security policy by path: strict for shoppers, looser under the staff paths only."""

from csp.middleware import CSPMiddleware

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


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """Sends ``CONTENT_SECURITY_POLICY`` to shoppers and ``STAFF_POLICY`` to staff pages."""

    def process_response(self, request, response):
        if request.path.startswith(STAFF_PATHS):
            response._csp_replace = STAFF_POLICY
        return super().process_response(request, response)
