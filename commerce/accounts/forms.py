"""allauth's forms with the shop's rules."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import get_adapter as get_factor_adapter
from allauth.mfa.base import forms as factor_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as passkey_forms
from django import forms
from django.core.cache import caches
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from commerce.accounts.attempts import count_form_attempt, too_many
from commerce.accounts.limits import (
    factor_limits,
    mail_limits,
    password_limits,
)
from commerce.accounts.passwords import advice
from commerce.accounts.plain_forms import WithoutPlaceholders
from commerce.accounts.session_lifetime import limit_lifetime
from commerce.accounts.throttle_store import ALIAS
from commerce.audit.account_events import log_account_event, log_failed_factor
from commerce.models import AuditEntry, User
from commerce.throttles import TooManyAttempts, check_waits, release_attempt

#: Seconds for which an authenticator code is remembered as used; it is valid for 90.
USED_CODE_SECONDS = 120
#: What fido2 raises for malformed passkeys.
MALFORMED = (LookupError, TypeError, ValueError, AttributeError, RecursionError)


#: In sentence case; allauth writes them in title case.
PASSWORD_LABELS = {
    "oldpassword": _("Current password"),
    "password1": _("New password"),
    "password2": _("New password again"),
}


class WithAdvice:
    """A form with advice about passwords below its new password."""

    labels = PASSWORD_LABELS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = advice()
        for name in self.labels.keys() & self.fields.keys():
            self.fields[name].label = self.labels[name]
            self.fields[name].widget.attrs.pop("placeholder", None)


class SignupForm(WithAdvice, WithoutPlaceholders, allauth_forms.SignupForm):
    """Sign-up that takes the same time whether or not the address has an account."""

    labels = {"password1": _("Password")}

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        try:
            check_waits(mail_limits(request, self.cleaned_data["email"]))
        except TooManyAttempts as refusal:
            # No code can be sent, so an account would be useless.
            raise ImmediateHttpResponse(too_many(request, refusal)) from refusal
        if self.account_already_exists:
            _rehearse_signup(self, request)
        return super().try_save(request)


def _rehearse_signup(form: SignupForm, request: HttpRequest) -> None:
    """Hash and write as for a new account, under a random address, and roll back.

    Otherwise response times would reveal who has an account.
    """
    asked = form.cleaned_data["email"]
    form.cleaned_data["email"] = f"{get_random_string(24).lower()}@invalid.invalid"
    form.account_already_exists = False
    try:
        with transaction.atomic():
            form.save(request)
            transaction.set_rollback(True)
    finally:
        form.cleaned_data["email"], form.account_already_exists = asked, True


class ChangePasswordForm(WithAdvice, allauth_forms.ChangePasswordForm):
    """A new password for someone who knows the old one. Wrong ones count as at sign-in."""

    def clean_oldpassword(self) -> str:
        counted = password_limits(context.request, self.user.email)
        count_form_attempt(counted)
        try:
            password = super().clean_oldpassword()
        except forms.ValidationError:
            log_account_event(context.request, AuditEntry.Act.PASSWORD_FAILED, self.user)
            raise
        release_attempt(counted)
        return password


class SetPasswordForm(WithAdvice, allauth_forms.SetPasswordForm):
    """A first password."""

    labels = {"password1": _("Password"), "password2": _("Password again")}


class ResetPasswordKeyForm(WithAdvice, allauth_forms.ResetPasswordKeyForm):
    """A new password by a mailed link. Typed once: another link corrects a typo."""

    labels = {"password1": _("Password")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password2"]


class LoginForm(WithoutPlaceholders, allauth_forms.LoginForm):
    """Signs in for as long as the account may stay signed in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The template has a button that submits the typed address.
        self.fields["password"].help_text = ""

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        response = super().login(request, redirect_url)
        # allauth has just set the lifetime of customers' sessions.
        limit_lifetime(request)
        return response


class ThrottledCode:
    """Counts attempts of second-factor codes, and accepts each authenticator code once."""

    def clean_code(self) -> str:
        counted = factor_limits(context.request, self.user.email)
        count_form_attempt(counted)
        code = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP:
            self._use_up(code)
        release_attempt(counted)
        return code

    def _use_up(self, code: str) -> None:
        digits = "".join(character for character in code if character.isdigit())
        key = f"used-factor-code:{self.user.pk}:{digits}"
        if not caches[ALIAS].add(key, True, USED_CODE_SECONDS):
            log_failed_factor(type(self), context.request, self.user)
            raise get_factor_adapter().validation_error("incorrect_code")


class SecondFactorForm(WithoutPlaceholders, ThrottledCode, factor_forms.AuthenticateForm):
    """The code after the password."""


class ConfirmFactorForm(WithoutPlaceholders, ThrottledCode, factor_forms.ReauthenticateForm):
    """The code again, before a sensitive action."""


class CredentialField(forms.JSONField):
    """A browser's passkey response: JSON of a few kilobytes."""

    widget = forms.HiddenInput
    LONGEST = 16_384

    def bound_data(self, data: Any, initial: Any) -> None:
        """None: pages never show the submitted data, and parsing it again may fail."""
        return None

    def to_python(self, value: Any) -> Any:
        try:
            if isinstance(value, str) and len(value) > self.LONGEST:
                raise ValueError("the response is too long for a passkey")
            return super().to_python(value)
        except (ValueError, RecursionError) as error:
            raise get_factor_adapter().validation_error("incorrect_code") from error


class WellFormed:
    """Refuses malformed passkeys, for which fido2 raises all kinds of errors."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"] = CredentialField()

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()
        except forms.ValidationError:
            log_failed_factor(type(self), context.request, self.user)
            raise
        except MALFORMED as error:
            log_failed_factor(type(self), context.request, self.user)
            raise get_factor_adapter().validation_error("incorrect_code") from error


class LoginPasskeyForm(WellFormed, passkey_forms.LoginWebAuthnForm):
    """A passkey instead of a password."""


class SecondPasskeyForm(WellFormed, passkey_forms.AuthenticateWebAuthnForm):
    """A passkey after the password."""


class ConfirmPasskeyForm(WellFormed, passkey_forms.ReauthenticateWebAuthnForm):
    """A passkey again, before a sensitive action."""


class NamedPasskey:
    """A custom name for a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(
            label=_("Name"), max_length=60, required=self.fields["name"].required
        )


class AddPasskeyForm(NamedPasskey, passkey_forms.AddWebAuthnForm):
    """A passkey or a security key."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"] = CredentialField()
        passwordless = self.fields["passwordless"]
        passwordless.initial = True
        passwordless.label = _("Sign in with it instead of a password")
        passwordless.help_text = _(
            "Your device asks for your finger, face or PIN. Untick this for a security key that you "
            "use after your password."
        )

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except MALFORMED as error:
            raise get_factor_adapter().validation_error("incorrect_code") from error


class RenamePasskeyForm(NamedPasskey, passkey_forms.EditWebAuthnForm):
    """Another name for a passkey."""
