"""The forms for codes that came by mail. A wrong code is written down, whether or not there is an account.

allauth sends a signal for accounts only (``commerce.audit.account_events``): the time that the answer
takes would tell who has one.
"""

from allauth.account import forms as allauth_forms
from allauth.core import context
from django import forms

from commerce.audit.account_events import note_failed_code


class NotedCode:
    """Writes down a wrong code for an address that has no account."""

    def has_account(self) -> bool:
        """Whether a code was sent to an account."""
        raise NotImplementedError

    def clean_code(self):
        try:
            return super().clean_code()
        except forms.ValidationError:
            if not self.has_account():
                note_failed_code(type(self), context.request, None)
            raise


class LoginCodeForm(NotedCode, allauth_forms.ConfirmLoginCodeForm):
    """A code in the place of a password."""

    def has_account(self):
        return bool(self.expected_code)


class AddressCodeForm(NotedCode, allauth_forms.ConfirmEmailVerificationCodeForm):
    """A code that proves an address."""

    def has_account(self):
        return self.user is not None
