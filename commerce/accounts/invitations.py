"""Password links that staff send to account owners.

Links requested by strangers are limited per recipient (``commerce.accounts.limits``). These don't
count there, so that nobody can keep the shop from helping.
"""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest

from commerce.accounts.address_proof import revoke_password
from commerce.accounts.mails import account_messages
from commerce.audit.account_events import log_account_event
from commerce.mail.outbox import queue_mail
from commerce.models import AuditEntry


def invite(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Mail the owner of a new account a link to set a password; it works once, for an hour."""
    revoke_password(user)
    _send_link("invitation", request, user)
    log_account_event(request, AuditEntry.Act.INVITED, user)


def invite_imported(user: AbstractBaseUser) -> None:
    """Mail the owner of an imported account a link to set a password, as ``invite`` does."""
    _send_link("invitation", None, user)


def send_new_password_link(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Mail a user a password link, as if they had requested it."""
    _send_link("password_reset_key", request, user)
    log_account_event(request, AuditEntry.Act.RESET_SENT, user)


def _send_link(mail: str, request: HttpRequest | None, user: Any) -> None:
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    link = get_adapter(request).get_reset_password_from_key_url(key)
    texts = account_messages(mail, {"password_reset_url": link})
    queue_mail(key="", to=user.email, user=user, is_secret=True, **texts)
