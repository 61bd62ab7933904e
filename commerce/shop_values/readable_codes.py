"""Random codes that people read out on the telephone and type."""

import secrets

#: Without 0/O and 1/I/L.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def readable_code(length: int) -> str:
    """A random code of so many characters; there are ``31 ** length``."""
    return "".join(secrets.choice(ALPHABET) for _position in range(length))
