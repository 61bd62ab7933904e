"""Accounts whose address nobody proved."""

from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef
from django.utils import timezone

UNVERIFIED_AGE = timedelta(days=1)
BATCH = 500


def delete_unverified_accounts(*, at: datetime | None = None) -> int:
    """Delete accounts older than a day that never proved an address. Returns how many.

    Accounts with orders stay, and so do accounts that were ever signed in to, that have a role, or
    that staff created (allauth gives those their address at the first sign-in).
    """
    at = at or timezone.now()
    User = get_user_model()
    addresses = User.emailaddress_set.rel.related_model.objects.filter(user=OuterRef("pk"))
    waiting = User.objects.filter(
        Exists(addresses),
        ~Exists(addresses.filter(verified=True)),
        date_joined__lt=at - UNVERIFIED_AGE,
        last_login=None,
        is_staff=False,
        is_superuser=False,
        groups=None,
        orders=None,
    )
    users = list(waiting.order_by("pk")[:BATCH])
    for user in users:
        user.delete()
    return len(users)
