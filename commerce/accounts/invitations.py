"""Accounts that an administrator opens for somebody: their owner alone chooses the password."""

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest

from commerce.accounts.mails import account_messages
from commerce.accounts.proof import revoke_password
from commerce.audit.account_events import note_account_event
from commerce.mail import queue_mail
from commerce.models import AuditEntry


def invite(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Mail somebody a link to choose a first password; it works once, for an hour."""
    revoke_password(user)
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    link = get_adapter(request).get_reset_password_from_key_url(key)
    texts = account_messages("invitation", {"password_reset_url": link})
    queue_mail(key="", to=user.email, user=user, is_secret=True, **texts)
    note_account_event(request, AuditEntry.Act.INVITED, user)
