"""Model fields and keys that behave the same on SQLite and MariaDB."""

import unicodedata
from typing import Any

from django.db import models


def collation_key(text: str) -> str:
    """A key that is the same for texts that MariaDB's default collations call equal.

    They ignore case and accents, so that "Rosé" and "ROSE" cannot both be in a unique column.
    """
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in letters if not unicodedata.combining(sign))


class CodeField(models.CharField):
    """Text compared byte by byte on every database: codes, tokens, keys and external IDs.

    MariaDB's default collations ignore case, but Stripe IDs or signed tokens may differ in case
    only. SQLite compares byte by byte by default.
    """

    def db_parameters(self, connection: Any) -> Any:
        parameters = super().db_parameters(connection)
        if connection.vendor == "mysql":
            parameters["collation"] = "utf8mb4_bin"
        return parameters
