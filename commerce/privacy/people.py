"""Whose data it is: an account, or a guest's email address."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from oscar.core.loading import get_model

from commerce.models.append_only import ERASED

__all__ = ["ERASED", "Person", "person_at", "person_of"]


@dataclass(frozen=True)
class Person:
    """An account with its confirmed addresses, or an address without an account.

    ``emails`` are lower case. Unconfirmed addresses are left out: they may be someone else's.
    """

    user: Any = None
    emails: tuple[str, ...] = field(default=())

    @property
    def user_id(self) -> int | None:
        """The account's key, None for a guest."""
        return self.user.pk if self.user is not None else None

    def by_user(self, name: str) -> Q:
        """Rows whose field points to the account; none for a guest or a deleted account.

        A deleted account has no key, and "no key" would match the rows of all guests.
        """
        return Q(**{name: self.user_id}) if self.user_id is not None else Q(pk__in=[])

    def by_email(self, name: str) -> Q:
        """Rows whose field is one of the addresses, ignoring case."""
        found = Q(pk__in=[])
        for email in self.emails:
            found |= Q(**{f"{name}__iexact": email})
        return found

    def orders(self) -> QuerySet:
        """The orders of the account, and guest orders with one of the addresses."""
        as_guest = Q(user=None) & self.by_email("guest_email")
        return get_model("order", "Order").objects.filter(self.by_user("user") | as_guest)

    def withdrawals(self) -> QuerySet:
        """The withdrawals linked to one of the orders or with one of the addresses."""
        found = Q(order__in=self.orders()) | self.by_email("email")
        return get_model("commerce", "Withdrawal").objects.filter(found).distinct()


def person_of(user: Any) -> Person:
    """The person behind an account."""
    proven = user.emailaddress_set.filter(verified=True).values_list("email", flat=True)
    emails = {email.lower() for email in proven}
    return Person(user=user, emails=tuple(sorted(emails)))


def accounts_naming(email: str) -> QuerySet:
    """The accounts with an address, confirmed or not."""
    email = email.strip()
    named = Q(email__iexact=email) | Q(emailaddress__email__iexact=email)
    return get_user_model().objects.filter(named).distinct().order_by("pk")


def person_at(email: str) -> Person:
    """The owner of an address: the account that confirmed it, or a guest."""
    email = email.strip().lower()
    proven = get_user_model().objects.filter(
        emailaddress__email__iexact=email, emailaddress__verified=True
    )
    user = proven.first()
    return person_of(user) if user is not None else Person(emails=(email,))
