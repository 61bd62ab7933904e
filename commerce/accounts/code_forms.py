"""Forms for codes sent by mail. Attempts are counted in the database before the comparison.

A wrong code is logged whether or not there is an account. allauth sends its signal for accounts
only (``commerce.audit.account_events``), so response times would reveal who has one.
"""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.core import context
from django import forms

from commerce.accounts.attempts import count_form_attempt
from commerce.accounts.limits import sent_code_limits
from commerce.audit.account_events import log_failed_code
from commerce.throttles import release_attempt


class SentCode:
    """Counts attempts, and logs a wrong code for an address without an account.

    ``has_account()`` says whether the code was sent to an account.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        attributes = self.fields["code"].widget.attrs
        attributes.pop("placeholder", None)
        attributes.update(autofocus=True, autocomplete="one-time-code", inputmode="numeric")

    def clean_code(self) -> str:
        counted = sent_code_limits(context.request, self.expected_code)
        count_form_attempt(counted)
        try:
            code = super().clean_code()
        except forms.ValidationError:
            if not self.has_account():
                log_failed_code(type(self), context.request, None)
            raise
        release_attempt(counted)
        return code


class LoginCodeForm(SentCode, allauth_forms.ConfirmLoginCodeForm):
    """A code instead of a password."""

    def has_account(self) -> bool:
        return bool(self.expected_code)


class AddressCodeForm(SentCode, allauth_forms.ConfirmEmailVerificationCodeForm):
    """A code that confirms an address."""

    def has_account(self) -> bool:
        return self.user is not None
