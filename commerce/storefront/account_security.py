"""Account pages about sign-in: password, second factors, sessions."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import PasswordResetFromKeyView
from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from commerce.accounts.reauthentication import recent_sign_in_required
from commerce.accounts.session_rows import session_rows
from commerce.accounts.sessions import end_session, sessions_of, sign_out_everywhere
from commerce.actor import signed_in_user
from commerce.audit.account_events import log_ended_sessions
from commerce.decorators import private_page
from commerce.requests import parse_pk


@private_page
class SecurityView(IndexView):
    """All sign-in settings on one page, replacing allauth's overview."""

    template_name = "account/security.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        codes = context["authenticators"].get(Authenticator.Type.RECOVERY_CODES)
        return {
            **context,
            "totp": context["authenticators"].get(Authenticator.Type.TOTP),
            "passkeys": context["authenticators"].get(Authenticator.Type.WEBAUTHN, []),
            "codes": codes,
            "codes_left": len(codes.get_unused_codes()) if codes else 0,
            "session_count": len(sessions_of(self.request.user)),
        }


@private_page
class NewPasswordView(PasswordResetFromKeyView):
    """The target of a password link. A used or expired one answers with 410 (Gone)."""

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if context.get("token_fail"):
            kwargs["status"] = HTTPStatus.GONE
        return super().render_to_response(context, **kwargs)


@private_page
@method_decorator(login_required, name="dispatch")
class SignInAgainView(TemplateView):
    """For accounts without a password or second factor: a new sign-in is their proof."""

    template_name = "account/sign_in_again.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            next_page=get_next_redirect_url(self.request) or "", **kwargs
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        following = get_next_redirect_url(request)
        logout(request)
        query = f"?{urlencode({REDIRECT_FIELD_NAME: following})}" if following else ""
        return redirect(f"{reverse('account_login')}{query}")


@private_page
@method_decorator(login_required, name="dispatch")
class CancelProofView(View):
    """Leaves the pages that ask for a recent sign-in, and drops the suspended form."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        request.session.pop(STATE_SESSION_KEY, None)
        return redirect(
            get_next_redirect_url(request) or get_adapter().get_login_redirect_url(request)
        )


@private_page
@method_decorator(login_required, name="dispatch")
@recent_sign_in_required(only_post=True)
class SessionsView(TemplateView):
    """The sessions of the account."""

    template_name = "usersessions/usersession_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = session_rows(
            signed_in_user(self.request), current_key=self.request.session.session_key
        )
        has_others = any(not row["is_current"] for row in rows)
        return super().get_context_data(rows=rows, has_others=has_others, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        """End one session, or all others."""
        if key := request.POST.get("session", ""):
            session = get_object_or_404(UserSession, pk=parse_pk(key) or 0, user=request.user)
            end_session(session)
            log_ended_sessions(request, request.user, 1)
            messages.success(request, _("That browser is signed out."))
        else:
            ended = sign_out_everywhere(signed_in_user(request), request=request)
            log_ended_sessions(request, request.user, ended)
            messages.success(request, _("You’re signed out everywhere else."))
        return redirect("usersessions_list")
