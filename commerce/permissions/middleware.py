"""Middleware for staff pages: checks the permission table, and removes refused links and forms."""

from collections.abc import Callable
from typing import Any, TypeGuard
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from commerce.audit.security import log_refusal
from commerce.permissions.page_trimming import trim_refused
from commerce.permissions.table import area_of, is_allowed, name_of_match


class StaffAccessMiddleware:
    """Refuses a staff page before its view runs. Guests are redirected to the sign-in and back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        match = request.resolver_match
        if match and match.route.startswith("dashboard/") and _is_page(response):
            trim_refused(request, response)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        if match is None or area_of(match.route) is None:
            return None
        if is_allowed(request.user, name_of_match(match), match.route, request.method or ""):
            return None
        if not request.user.is_authenticated:
            query = urlencode({"next": request.get_full_path()})
            return redirect(f"{reverse('account_login')}?{query}")
        log_refusal(request)
        raise PermissionDenied


def _is_page(response: HttpResponseBase) -> TypeGuard[HttpResponse]:
    return (
        response.status_code == 200
        and not response.streaming
        and response.headers.get("Content-Type", "").startswith("text/html")
    )
