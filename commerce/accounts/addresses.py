"""One spelling for each email address, however it was typed."""


def canonical_address(email: str) -> str:
    """The address in lower case, with the domain as mail servers see it (IDNA, RFC 3490).

    Full-width letters, soft hyphens and the like in the domain lead to the same mailbox, so limits
    and accounts must not tell them apart. What is no domain stays as it is.
    """
    name, at, domain = email.strip().lower().rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        return f"{name}{at}{domain}"
    return f"{name}{at}{domain}"
