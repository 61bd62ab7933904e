"""Loads one account per role and one customer. Their passwords are shown once."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.db import transaction

from commerce.accounts.roles import ADMIN, EDITOR, FINANCE, MERCHANDISER, SUPPORT
from commerce.models import User

#: Role (None for a customer), name before the @, first and last name.
PEOPLE = (
    (ADMIN, "admin", "Maren", "Holt"),
    (EDITOR, "editor", "Lotte", "Brandt"),
    (MERCHANDISER, "merchandiser", "Tomas", "Vey"),
    (SUPPORT, "support", "Anwen", "Rees"),
    (FINANCE, "finance", "Sam", "Okoro"),
    (None, "customer", "Robin", "Hale"),
)
DOMAIN = "saltmarsh.example"
PASSWORD_BYTES = 12


@dataclass(frozen=True)
class NewAccount:
    """A new account with its password, which is printed once and not stored."""

    role: str
    email: str
    password: str


@transaction.atomic
def load_accounts(
    rows: Sequence[tuple[str | None, str, str, str]] = PEOPLE, domain: str = DOMAIN
) -> list[NewAccount]:
    """Create missing accounts and return them with their passwords."""
    created = []
    for role, name, first, last in rows:
        email = f"{name}@{domain}"
        if User.objects.filter(email=email).exists():
            continue
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        user = User.objects.create_user(
            email=email, password=password, first_name=first, last_name=last
        )
        if role is not None:
            user.is_staff = role != EDITOR  # Editors work in Wagtail, not in the dashboard.
            user.is_superuser = role == ADMIN
            user.save(update_fields=["is_staff", "is_superuser"])
            user.groups.add(Group.objects.get(name=role))
        # Nobody receives mail at these addresses, so the addresses cannot be confirmed.
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
        created.append(NewAccount(role or "Customer", email, password))
    return created
