"""Receivers of allauth's signals, where it offers no other hook."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.account.signals import (
    authentication_step_completed,
    email_confirmed,
    password_changed,
    password_reset,
    password_set,
    user_signed_up,
)
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_used
from django.dispatch import receiver
from django.http import HttpRequest

from commerce.accounts.address_proof import accept_proof, accept_reset, record_own_credentials
from commerce.accounts.adoption import adopt_guest_orders
from commerce.accounts.factors import FACTORS, record_enrolment
from commerce.accounts.sessions import end_sessions, renew_key
from commerce.models import User


@receiver(authentication_step_completed)
def renew_session(
    sender: Any, request: HttpRequest, reauthenticated: bool = False, **kwargs: Any
) -> None:
    """Renew the session key after each proof, so that a stolen key doesn't profit from it."""
    if reauthenticated:
        renew_key(request)


@receiver(email_confirmed)
def settle_proven_address(
    sender: Any, request: HttpRequest, email_address: EmailAddress, **kwargs: Any
) -> None:
    """Remove older credentials and adopt guest orders: the address has an owner.

    allauth sends this only for a code that the session requested and typed.
    """
    accept_proof(request, email_address.user, email_address.email)
    adopt_guest_orders(email_address.user, email_address.email)


@receiver(user_signed_up)
@receiver(password_set)
@receiver(password_changed)
def remember_own_credentials(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Record that the session's user chose the password or connected the social account."""
    record_own_credentials(request, user)


@receiver(password_set)
@receiver(password_changed)
def end_other_sessions(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """End the sessions opened with the old password, so that the list doesn't show them."""
    end_sessions(user, except_key=request.session.session_key)


@receiver(password_reset)
def settle_reset(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """A new password by mail revokes what others set up."""
    accept_reset(request, user)


@receiver(authenticator_added)
def count_enrolment(
    sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any
) -> None:
    """Adding a factor counts as using it."""
    if authenticator.type in FACTORS:
        record_enrolment(request, authenticator)


@receiver(authenticator_used)
def warn_of_recovery_code(
    sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any
) -> None:
    """Warn the owner: a recovery code means a lost device, or stolen codes."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        get_adapter(request).send_notification_mail("mfa/email/recovery_code_used", user)
