"""Error messages of account forms, replacing allauth's."""

from allauth.account.adapter import DefaultAccountAdapter
from django.utils.translation import gettext_lazy as _

ERRORS = {
    **DefaultAccountAdapter.error_messages,
    "account_inactive": _("This account is closed."),
    "duplicate_email": _("This is already the email address of your account."),
    "email_password_mismatch": _("The email address or the password isn’t right."),
    "email_taken": _("There is already an account with this email address."),
    "enter_current_password": _("That isn’t your current password. Try again."),
    "incorrect_code": _("That code isn’t right. Check the email and try again."),
    "incorrect_password": _("That password isn’t right. Try again."),
    "invalid_login": _("Enter your email address."),
    "invalid_password_reset": _("This link no longer works. Ask for a new one."),
    "rate_limited": _("Too many attempts. Wait a few minutes, then try again."),
    "same_as_current": _("Enter something other than what you have now."),
    "too_many_login_attempts": _("Too many attempts. Wait a few minutes, then try again."),
    "unknown_email": _("There is no account with this email address."),
    "unverified_primary_email": _("Confirm your email address first."),
}
