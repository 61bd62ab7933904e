"""Logs events of an account: factors, passwords, addresses, social accounts, sessions.

Each event is a row of the audit log: what happened, by whom, to whom and from which address. The
actor is None while nobody is signed in and nothing was proven, as with a wrong code.
"""

from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import (
    email_added,
    email_changed,
    email_confirmed,
    email_removed,
    email_verification_code_rejected,
    login_code_rejected,
    password_changed,
    password_reset,
    password_reset_code_rejected,
    password_set,
)
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.signals import social_account_added, social_account_removed
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from commerce.actor import address_of
from commerce.audit.log import CHANGE_NAMES
from commerce.audit.security import log_security_event
from commerce.models import AuditEntry, User

Act = AuditEntry.Act
CHANGE_NAMES |= {"factor": _("Factor"), "service": _("Service"), "sessions": _("Sessions")}
FACTORS = {
    Authenticator.Type.TOTP: _("authenticator app"),
    Authenticator.Type.WEBAUTHN: _("passkey"),
    Authenticator.Type.RECOVERY_CODES: _("recovery codes"),
}


def log_account_event(
    request: HttpRequest, act: Act, person: Any, *, by: Any = None, changes: dict | None = None
) -> None:
    """Write one event of an account. ``person`` None means no account; ``by`` is the actor.

    ``by`` defaults to the signed-in user.
    """
    if by is None and request.user.is_authenticated:
        by = request.user
    log_security_event(
        act,
        about=person if person is not None else _("no such account"),
        object_id=person.pk if person is not None else "",
        user=by,
        address=address_of(request),
        changes=changes,
    )


# --- Second factors -------------------------------------------------------------------------------


def _gain(name: str, value: object) -> dict[str, list[str | None]]:
    return {name: [None, str(value)]}


def _loss(name: str, value: object) -> dict[str, list[str | None]]:
    return {name: [str(value), None]}


@receiver(authenticator_added)
def log_factor(
    sender: Any,
    request: HttpRequest,
    user: User | None,
    authenticator: Authenticator,
    **kwargs: Any,
) -> None:
    """A factor was added; recovery codes are created with the first one."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        log_account_event(request, Act.CODES_MADE, user, by=user)
    else:
        changes = _gain("factor", FACTORS[authenticator.type])
        log_account_event(request, Act.FACTOR_ADDED, user, by=user, changes=changes)


@receiver(authenticator_reset)
def log_new_codes(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """New recovery codes replaced the old ones."""
    log_account_event(request, Act.CODES_MADE, user, by=user)


@receiver(authenticator_removed)
def log_lost_factor(
    sender: Any,
    request: HttpRequest,
    user: User | None,
    authenticator: Authenticator,
    **kwargs: Any,
) -> None:
    """A factor was removed; recovery codes are removed with the last one."""
    changes = _loss("factor", FACTORS[authenticator.type])
    log_account_event(request, Act.FACTOR_REMOVED, user, by=user, changes=changes)


@receiver(authenticator_used)
def log_used_code(
    sender: Any,
    request: HttpRequest,
    user: User | None,
    authenticator: Authenticator,
    **kwargs: Any,
) -> None:
    """A recovery code was used. Other factors are part of a sign-in."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        log_account_event(request, Act.CODE_USED, user, by=user)


@receiver(authentication_failed)
def log_failed_factor(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """A wrong code of a second factor, or an invalid passkey; ``user`` is None if unknown."""
    log_account_event(request, Act.FACTOR_FAILED, user)


# --- Passwords and addresses ------------------------------------------------------------------------


#: Events caused by the account's owner. Addresses are left out: erasure would have to find them.
BY_OWNER = (
    (password_changed, Act.PASSWORD_CHANGED),
    (password_set, Act.PASSWORD_SET),
    (password_reset, Act.PASSWORD_RESET),
    (email_added, Act.EMAIL_ADDED),
    (email_removed, Act.EMAIL_REMOVED),
)


def _note_by_owner(act: Act) -> Callable[..., None]:
    def note(sender, request, user, **kwargs):
        log_account_event(request, act, user, by=user)

    return note


for _signal, _act in BY_OWNER:
    _signal.connect(_note_by_owner(_act), weak=False, dispatch_uid=f"account-event:{_act}")


@receiver(email_changed)
def log_changed_address(
    sender: Any,
    request: HttpRequest,
    user: User | None,
    from_email_address: EmailAddress | None = None,
    **kwargs: Any,
) -> None:
    """The account's primary address changed. Setting the first one is no change."""
    if from_email_address is not None:
        log_account_event(request, Act.EMAIL_CHANGED, user, by=user)


@receiver(email_confirmed)
def log_confirmed_address(
    sender: Any, request: HttpRequest, email_address: EmailAddress, **kwargs: Any
) -> None:
    """An address was confirmed."""
    person = email_address.user
    log_account_event(request, Act.EMAIL_CONFIRMED, person, by=person)


@receiver(login_code_rejected)
@receiver(password_reset_code_rejected)
@receiver(email_verification_code_rejected)
def log_failed_code(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """A wrong code from a mail; ``user`` is None if there is no account."""
    log_account_event(request, Act.CODE_FAILED, user)


# --- Other services, and what is taken away with them -------------------------------------------------


@receiver(social_account_added)
def log_service(sender: Any, request: HttpRequest, sociallogin: SocialLogin, **kwargs: Any) -> None:
    """A social account was connected."""
    person = sociallogin.user
    changes = _gain("service", sociallogin.account.provider)
    log_account_event(request, Act.SERVICE_ADDED, person, by=person, changes=changes)


@receiver(social_account_removed)
def log_removed_service(
    sender: Any, request: HttpRequest, socialaccount: SocialAccount, **kwargs: Any
) -> None:
    """A social account was disconnected."""
    changes = _loss("service", socialaccount.provider)
    log_account_event(request, Act.SERVICE_REMOVED, socialaccount.user, changes=changes)


def log_revoked(request: HttpRequest, person: Any) -> None:
    """Log the removal of each factor and social account, before ``revoke_attached`` deletes them."""
    for factor in Authenticator.objects.filter(user_id=person.pk):
        changes = _loss("factor", FACTORS[factor.type])
        log_account_event(request, Act.FACTOR_REMOVED, person, by=person, changes=changes)
    for service in SocialAccount.objects.filter(user_id=person.pk):
        changes = _loss("service", service.provider)
        log_account_event(request, Act.SERVICE_REMOVED, person, by=person, changes=changes)


def log_ended_sessions(request: HttpRequest, person: Any, count: int) -> None:
    """The owner, or staff, ended sessions of an account."""
    changes = {"sessions": [str(count), None]}
    log_account_event(request, Act.SESSIONS_ENDED, person, changes=changes)
