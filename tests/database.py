"""Resets the database after a test that commits.

Django's own reset deletes every row, those of migrations included, and then creates content types,
permissions and roles again, which takes half a second. This one restores the rows that the run began
with.
"""

import sqlite3
from collections.abc import Callable

from django.db import connection


def make_reset() -> Callable[[], None]:
    """A function that restores the database to its present state. Commits; takes no other locks."""
    return _sqlite_reset() if connection.vendor == "sqlite" else _mysql_reset()


def _sqlite_reset():
    connection.ensure_connection()
    pristine = sqlite3.connect(":memory:", check_same_thread=False)
    connection.connection.backup(pristine)

    def reset():
        connection.ensure_connection()
        pristine.backup(connection.connection)

    return reset


def _mysql_reset():
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = {}
        for table in tables:
            cursor.execute(f"SELECT * FROM {quote(table)}")
            rows[table] = cursor.fetchall()
    query = " UNION ALL ".join(
        f"SELECT '{table}' FROM DUAL WHERE EXISTS (SELECT 1 FROM {quote(table)})"
        for table in tables
    )

    def reset():
        with connection.constraint_checks_disabled(), connection.cursor() as cursor:
            cursor.execute(query)
            for (table,) in cursor.fetchall():
                cursor.execute(f"DELETE FROM {quote(table)}")
            for table, values in rows.items():
                if values:
                    marks = ", ".join(["%s"] * len(values[0]))
                    cursor.executemany(f"INSERT INTO {quote(table)} VALUES ({marks})", values)

    return reset
