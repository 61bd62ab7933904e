"""Field types that behave alike on SQLite and MariaDB."""

from django.db import models


class CodeField(models.CharField):
    """Text compared byte by byte on every database: codes, tokens, keys, ids of other systems.

    MariaDB's default collations ignore case; two Stripe ids or signed tokens that differ only in
    case must stay two. SQLite compares byte by byte of its own accord.
    """

    def db_parameters(self, connection):
        parameters = super().db_parameters(connection)
        if connection.vendor == "mysql":
            parameters["collation"] = "utf8mb4_bin"
        return parameters
