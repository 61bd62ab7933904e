"""Accounts with an unconfirmed address."""

from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from commerce.transactions import retry_transient

UNVERIFIED_AGE = timedelta(days=1)
BATCH = 500


def delete_unverified_accounts(*, at: datetime | None = None) -> int:
    """Delete accounts older than a day that never confirmed an address. Returns how many.

    Accounts with orders or a role stay, as do accounts that ever signed in and those created by
    staff (allauth adds their address at the first sign-in).
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
    keys = list(waiting.order_by("pk").values_list("pk", flat=True)[:BATCH])
    return sum(_delete_if_still_waiting(waiting, key) for key in keys)


@retry_transient
def _delete_if_still_waiting(waiting: QuerySet, key: int) -> bool:
    """Delete an account unless it was confirmed or used meanwhile. Locks the user, then addresses."""
    with transaction.atomic():
        user = waiting.model.objects.select_for_update().filter(pk=key).first()
        if user is None:
            return False
        list(user.emailaddress_set.select_for_update().order_by("pk"))
        is_waiting = waiting.filter(pk=key).exists()
        if is_waiting:
            user.delete()
    return is_waiting
