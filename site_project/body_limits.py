"""Limits the size of requests. Larger ones are refused before they are read."""

from collections.abc import Callable, Mapping

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from commerce.permissions.table import STAFF_PATHS
from commerce.requests import previous_page


def limit_of(path: str) -> int:
    """Maximum bytes of a request: that of the longest prefix in ``BODY_LIMITS``, else the default."""
    return _longest_match(settings.BODY_LIMITS, path) or settings.BODY_LIMIT


def file_limit_of(path: str) -> int:
    """Maximum bytes of a file in a form at this path; 0 if forms there take no files."""
    return _longest_match(settings.FILE_LIMITS, path)


def _longest_match(limits: Mapping[str, int], path: str) -> int:
    prefixes = [prefix for prefix in limits if path.startswith(prefix)]
    return limits[max(prefixes, key=len)] if prefixes else 0


class BodyLimitMiddleware:
    """Responds with 413 and an explanation to requests above ``settings.BODY_LIMITS``.

    Only signed-in staff may send more than ``BODY_LIMIT`` to the dashboard and the admin: others are
    asked to sign in. Must come after the authentication, and before all that reads a body: the CSRF
    check does, in ``process_view``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        sent = request.META.get("CONTENT_LENGTH") or "0"
        path = request.path_info
        if sent != "0" and (not sent.isdigit() or int(sent) > limit_of(path)):
            return _refused(request)
        if int(sent) > settings.BODY_LIMIT and path.startswith(STAFF_PATHS):
            if request.user.is_anonymous:
                return redirect_to_login(path)
            if not request.user.is_staff:
                # Not PermissionDenied: Django's handler for it reads the body for a token.
                return render(request, "403.html", status=403)
        return self.get_response(request)


def _refused(request: HttpRequest) -> HttpResponseBase:
    megabytes = file_limit_of(request.path_info) // (1024 * 1024)
    context = {"megabytes": megabytes, "behind": previous_page(request)}
    return render(request, "413.html", context, status=413)
