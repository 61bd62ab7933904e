"""Middleware before the dashboard and Wagtail's admin.

It enforces the idle timeout, the second factor, and a recent sign-in for sensitive actions.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from commerce.accounts.factors import has_factor, used_factor
from commerce.accounts.reauthentication import ask_again, is_recent
from commerce.accounts.sensitive_actions import is_sensitive
from commerce.accounts.session_lifetime import NAME, forget_session, is_idle, refresh_idle_cookie
from commerce.accounts.sessions import record_use
from commerce.actor import is_staff, signed_in_user
from commerce.permissions.table import STAFF_PATHS

#: Paths on which idle staff sessions end.
GUARDED_PATHS = (*STAFF_PATHS, "/accounts/")
#: Pages that poll by themselves, without a user.
UNATTENDED_PATHS = ("/admin/editing-sessions/",)


class StaffGateMiddleware:
    """Checks only ``GUARDED_PATHS``: reading the session makes a page private."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(GUARDED_PATHS) or request.user.is_anonymous:
            return self.get_response(request)
        if request.session.session_key:
            record_use(request.session.session_key)
        if not self.is_of_staff(request):
            return self.get_response(request)
        refusal = end_idle_session(request) or self.ask_for_factor(request)
        if refusal:
            add_never_cache_headers(refusal)
            return refusal
        response = self.get_response(request)
        if not request.path.startswith(UNATTENDED_PATHS) and request.user.is_authenticated:
            refresh_idle_cookie(request, response)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Suspend sensitive requests until the person has signed in again."""
        if not request.path.startswith(STAFF_PATHS) or request.user.is_anonymous:
            return None
        if not is_sensitive(request) or is_recent(request):
            return None
        return ask_again(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Run before allauth's middleware, which would lose forms at URLs with a query."""
        if isinstance(exception, ReauthenticationRequired) and request.user.is_authenticated:
            return ask_again(request)
        return None

    @staticmethod
    def is_of_staff(request: HttpRequest) -> bool:
        """Whether the rules for staff apply; customers' account pages read no permissions."""
        if request.path.startswith(STAFF_PATHS):
            return is_staff(request.user)
        return request.user.is_staff or NAME in request.session

    @staticmethod
    def ask_for_factor(request: HttpRequest) -> HttpResponse | None:
        """Redirect staff without a factor to enrol one, and others to use theirs."""
        if not settings.STAFF_SECOND_FACTOR or not request.path.startswith(STAFF_PATHS):
            return None
        if not has_factor(signed_in_user(request)):
            return _redirect("account-factor-needed", request)
        if not used_factor(request):
            return _redirect("mfa_reauthenticate", request)
        return None


def end_idle_session(request: HttpRequest) -> HttpResponse | None:
    """Redirect an idle session to the sign-in, and back afterwards."""
    if not is_idle(request):
        return None
    if request.path == resolve_url(settings.LOGIN_URL):
        # Already at the sign-in: treat the visitor as signed out.
        request.user = AnonymousUser()
        return None
    response = _redirect(settings.LOGIN_URL, request)
    if request.method == "POST":
        request.session.flush()
    forget_session(response)
    return response


def _redirect(name: str, request: HttpRequest) -> HttpResponseRedirect:
    query = urlencode({REDIRECT_FIELD_NAME: page_of(request)})
    return HttpResponseRedirect(f"{reverse(name)}?{query}")


def page_of(request: HttpRequest) -> str:
    """The page to return to: for a form, the page that showed it."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    try:
        parts = urlsplit(request.headers.get("Referer", ""))
    except ValueError:  # headers are arbitrary
        return request.path
    is_ours = parts.netloc == request.get_host() and parts.path.startswith(GUARDED_PATHS)
    return parts.path if is_ours else request.path
