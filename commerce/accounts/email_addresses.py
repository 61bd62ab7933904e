"""The canonical spelling of email addresses."""

from contextlib import suppress


def canonical_address(email: str) -> str:
    """The address in lower case, with the domain as mail servers see it (IDNA, RFC 3490).

    Full-width letters or soft hyphens in the domain lead to the same mailbox, so limits and
    accounts must not distinguish them. An invalid domain stays as it is.
    """
    name, at, domain = email.strip().lower().rpartition("@")
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return f"{name}{at}{domain}"
