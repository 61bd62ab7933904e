"""Which session confirmed an address, and what happens to unconfirmed credentials.

Anybody can sign up with someone else's address and wait until its owner confirms it
("pre-hijacking"). So a credential counts only if the session that confirms the address set it or
has just used it.
"""

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest

from commerce.accounts.sessions import end_sessions
from commerce.audit.account_events import log_account_event, log_revoked
from commerce.models import AuditEntry

#: Session key: the account whose password, or social account, this session set.
OWN_ACCOUNT = "account_set_up_here"


def record_own_credentials(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Record in the session that it chose the credentials of this account."""
    request.session[OWN_ACCOUNT] = user.pk


def knows_credentials(request: HttpRequest, user: AbstractBaseUser) -> bool:
    """Whether this session chose the account's password, or has typed it."""
    if request.session.get(OWN_ACCOUNT) == user.pk:
        return True
    records = get_authentication_records(request, user)
    return any(
        record["method"] == "password" or record.get("reauthenticated") for record in records
    )


def has_proven_address(user: AbstractBaseUser, *, besides: str = "") -> bool:
    """Whether any address of the account, or any but ``besides``, is verified."""
    proven = EmailAddress.objects.filter(user_id=user.pk, verified=True)
    return proven.exclude(email__iexact=besides).exists()


def revoke_password(user: AbstractBaseUser) -> None:
    """Make the password unusable. Django ends every session opened with the old hash."""
    user.set_unusable_password()
    user.save(update_fields=["password"])


def revoke_attached(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Remove second factors and social accounts, and end all other sessions."""
    log_revoked(request, user)
    Authenticator.objects.filter(user_id=user.pk).delete()
    SocialAccount.objects.filter(user_id=user.pk).delete()
    end_sessions(user, except_key=request.session.session_key)


def accept_proof(request: HttpRequest, user: AbstractBaseUser, email: str) -> None:
    """Remove untrusted credentials when this session has just confirmed the address ``email``.

    If another address was confirmed before, the account has an owner and everything stays.
    """
    if has_proven_address(user, besides=email) or knows_credentials(request, user):
        return
    if user.has_usable_password():
        log_account_event(request, AuditEntry.Act.PASSWORD_REMOVED, user, by=user)
    revoke_password(user)
    revoke_attached(request, user)


def accept_reset(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Settle an account whose password was set by a mailed link.

    Without a confirmed address, everything attached so far came from an unconfirmed session.
    """
    record_own_credentials(request, user)
    if has_proven_address(user):
        end_sessions(user, except_key=request.session.session_key)
    else:
        revoke_attached(request, user)
