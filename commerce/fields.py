"""Model fields that behave the same on SQLite and MariaDB."""

from typing import Any

from django.db import models


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
