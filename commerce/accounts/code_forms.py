"""The forms for codes that came by mail. Tries are counted in the database, before they are compared.

A wrong code is written down, whether or not there is an account.

allauth sends a signal for accounts only (``commerce.audit.account_events``): the time that the answer
takes would tell who has one.
"""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.core import context
from django import forms

from commerce.accounts.limits import sent_code_limits
from commerce.accounts.waiting import count_attempt
from commerce.audit.account_events import log_failed_code
from commerce.throttles import refund_attempt


class SentCode:
    """Counts the tries of a code, and writes down a wrong one for an address that has no account.

    ``has_account()`` says whether the code was sent to an account.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        attributes = self.fields["code"].widget.attrs
        attributes.pop("placeholder", None)
        attributes.update(autofocus=True, autocomplete="one-time-code", inputmode="numeric")

    def clean_code(self) -> str:
        counted = sent_code_limits(context.request, self.expected_code)
        count_attempt(counted)
        try:
            code = super().clean_code()
        except forms.ValidationError:
            if not self.has_account():
                log_failed_code(type(self), context.request, None)
            raise
        refund_attempt(counted)
        return code


class LoginCodeForm(SentCode, allauth_forms.ConfirmLoginCodeForm):
    """A code in the place of a password."""

    def has_account(self) -> bool:
        return bool(self.expected_code)


class AddressCodeForm(SentCode, allauth_forms.ConfirmEmailVerificationCodeForm):
    """A code that proves an address."""

    def has_account(self) -> bool:
        return self.user is not None
