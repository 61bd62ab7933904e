"""Account work that runs by the clock. Every task may run twice."""

from django_tasks import task

from commerce import throttles
from commerce.accounts import throttle_store, unverified


@task()
def delete_unverified_accounts() -> None:
    """Delete sign-ups that nobody confirmed (see commerce.accounts.unverified)."""
    unverified.delete_unverified_accounts()


@task()
def forget_old_throttles() -> None:
    """Delete counters whose window is over (see commerce.throttles and commerce.accounts.throttle_store)."""
    throttles.forget_old_throttles()
    throttle_store.forget_expired_counters()
