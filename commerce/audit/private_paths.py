"""Middleware for ``settings.PRIVATE_PATHS``: no storing, and missing pages are logged."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from commerce.audit.security import log_missing_page


class PrivatePathsMiddleware:
    """Forbids browsers and proxies to store responses below ``settings.PRIVATE_PATHS``.

    This includes errors and redirects: after signing out, Back shows nothing of the account.
    Missing pages are noted in the security log, as they may belong to someone else.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path.startswith(settings.PRIVATE_PATHS):
            response["Cache-Control"] = "private, no-store"
            if response.status_code == 404 and request.resolver_match is not None:
                log_missing_page(request)
        if request.method == "POST" and request.path in settings.SIGN_OUT_PATHS:
            response["Clear-Site-Data"] = '"cache"'
        return response
