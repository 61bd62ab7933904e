"""Scheduled account tasks. Every task may run twice."""

from django_tasks import task

from commerce import throttles
from commerce.accounts import throttle_store, unverified


@task()
def delete_unverified_accounts() -> None:
    """Delete unconfirmed sign-ups (see commerce.accounts.unverified)."""
    unverified.delete_unverified_accounts()


@task()
def forget_old_throttles() -> None:
    """Delete expired counters (see commerce.throttles and commerce.accounts.throttle_store)."""
    throttles.delete_old_throttles()
    throttle_store.forget_expired_counters()
