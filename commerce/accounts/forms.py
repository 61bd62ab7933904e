"""allauth's forms where the shop needs more of them."""

from allauth.account import forms as allauth_forms
from django.db import transaction
from django.utils.crypto import get_random_string

from commerce.accounts.passwords import advice


class WithAdvice:
    """A form that says what a good password is below its new password."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = advice()


class SignupForm(WithAdvice, allauth_forms.SignupForm):
    """Signing up costs the same whether or not the address has an account."""

    def try_save(self, request):
        if self.account_already_exists:
            _rehearse_signup(self, request)
        return super().try_save(request)


def _rehearse_signup(form, request):
    """Hash and write as for a new account, under an address of nobody, and roll it back.

    How long the answer takes would tell who has an account.
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
    """A new password for somebody who knows the old one."""


class SetPasswordForm(WithAdvice, allauth_forms.SetPasswordForm):
    """A first password."""


class ResetPasswordKeyForm(WithAdvice, allauth_forms.ResetPasswordKeyForm):
    """A new password by a link of a mail."""
