"""Pages for codes sent by mail, and the page of the email address."""

import time
from typing import Any

from allauth.account import app_settings
from allauth.account.internal.flows.email_verification_by_code import (
    EMAIL_VERIFICATION_CODE_SESSION_KEY,
)
from allauth.account.views import (
    ConfirmEmailVerificationCodeView,
    ConfirmLoginCodeView,
    EmailView,
)
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from commerce.accounts.attempts import too_many
from commerce.accounts.limits import mail_limits
from commerce.decorators import private_page
from commerce.throttles import TooManyAttempts, count_attempt


def address_in_waiting(request: HttpRequest) -> str:
    """The address whose code this session expects, "" for none. Writes nothing."""
    state = request.session.get(EMAIL_VERIFICATION_CODE_SESSION_KEY) or {}
    age = time.time() - state.get("at", 0)
    is_valid = age <= app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT
    return state.get("email", "") if is_valid else ""


class Resends:
    """Resends a code, valid for ten minutes from now, equally often with or without an account.

    allauth mails nothing without an account, so its mail limits would reveal which exist.
    """

    def _resend_form_valid(self, form: Form) -> HttpResponse:
        state = self._process.state
        if self._process.user is None or state.get("account_already_exists"):
            try:
                count_attempt(mail_limits(self.request, state["email"]))
            except TooManyAttempts as refusal:
                return too_many(self.request, refusal)
        state["at"] = time.time()
        response = super()._resend_form_valid(form)
        messages.success(self.request, _("We’ve sent a new code. The old one no longer works."))
        return response


@private_page
class LoginCodeView(Resends, ConfirmLoginCodeView):
    """The sign-in code."""


@private_page
class AddressCodeView(Resends, ConfirmEmailVerificationCodeView):
    """The code that confirms an address."""


@private_page
class AddressView(EmailView):
    """The address of an account, and the new one until it is confirmed."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(waiting=address_in_waiting(self.request), **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "action_cancel" not in request.POST:
            return super().post(request, *args, **kwargs)
        request.session.pop(EMAIL_VERIFICATION_CODE_SESSION_KEY, None)
        messages.success(request, _("Cancelled. Your email address hasn’t changed."))
        return redirect("account_email")
