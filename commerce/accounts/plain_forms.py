"""allauth's small forms without the placeholders that repeat their labels."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.mfa.totp.forms import ActivateTOTPForm


class WithoutPlaceholders:
    """A form with labels and no placeholders. Codes are digits here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        if "code" in self.fields:
            self.fields["code"].widget.attrs["inputmode"] = "numeric"


class AddressForm(WithoutPlaceholders, allauth_forms.AddEmailForm):
    """A new address for the account."""


class AskNewPasswordForm(WithoutPlaceholders, allauth_forms.ResetPasswordForm):
    """The address to send a password link to."""


class AskLoginCodeForm(WithoutPlaceholders, allauth_forms.RequestLoginCodeForm):
    """The address to send a sign-in code to."""


class ConfirmPasswordForm(WithoutPlaceholders, allauth_forms.ReauthenticateForm):
    """The password again, before a sensitive action."""


class SetUpAppForm(WithoutPlaceholders, ActivateTOTPForm):
    """The first code of an authenticator app."""
