"""Sets up the test databases, and resets them after a test that commits.

Migrating takes minutes on MariaDB: the first process migrates, the others copy its schema and rows.

Django's own reset deletes every row, those of migrations included, and then creates content types,
permissions and roles again, which takes half a second. This one restores the rows that the run began
with.
"""

import pickle
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

from django.db import connection

from site_project.snapshot import exclusive


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
        rows = _rows(cursor)
    tables = list(rows)
    query = " UNION ALL ".join(
        f"SELECT '{table}' FROM DUAL WHERE EXISTS (SELECT 1 FROM {quote(table)})"
        for table in tables
    )

    def reset():
        with connection.constraint_checks_disabled(), connection.cursor() as cursor:
            cursor.execute(query)
            for (table,) in cursor.fetchall():
                cursor.execute(f"DELETE FROM {quote(table)}")
            _insert(cursor, rows)

    return reset


@contextmanager
def migrated_once(copy: Path) -> Iterator[ExitStack]:
    """Create a MySQL test database from ``copy``, if another process of the run has written one.

    Otherwise the caller migrates, calls ``write_copy`` and closes the yielded lock; the other
    processes wait for that. An existing database with tables (``--reuse-db``) is left alone.
    """
    with ExitStack() as lock:
        lock.enter_context(exclusive(copy.with_suffix(".lock"), seconds=1200))
        if not copy.exists():
            yield lock
            return
        create = connection.creation._create_test_db

        def create_from_copy(*args, **kwargs):
            name = create(*args, **kwargs)
            connection.settings_dict["NAME"] = name
            connection.close()
            with connection.cursor() as cursor:
                if not connection.introspection.table_names(cursor):
                    load_copy(cursor, copy)
            return name

        with patch.object(connection.creation, "_create_test_db", create_from_copy):
            yield lock


def write_copy(copy: Path) -> None:
    """Save the schema and all rows of the MySQL database. The file appears when it is complete."""
    with connection.cursor() as cursor:
        rows = _rows(cursor)
        tables = []
        for table in rows:
            cursor.execute(f"SHOW CREATE TABLE `{table}`")
            tables.append(cursor.fetchone()[1])
    draft = copy.with_suffix(".draft")
    draft.write_bytes(pickle.dumps((tables, rows)))
    draft.rename(copy)


def load_copy(cursor, copy: Path) -> None:
    """Create the tables and rows of ``copy`` in an empty MySQL database."""
    tables, rows = pickle.loads(copy.read_bytes())  # noqa: S301 - written by this test run
    cursor.execute("SET foreign_key_checks = 0")
    for table in tables:
        cursor.execute(table)
    _insert(cursor, rows)
    cursor.execute("SET foreign_key_checks = 1")


def _rows(cursor) -> dict[str, tuple]:
    """Every table's rows."""
    cursor.execute("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")
    rows = {}
    for table, _kind in cursor.fetchall():
        cursor.execute(f"SELECT * FROM `{table}`")
        rows[table] = cursor.fetchall()
    return rows


def _insert(cursor, rows):
    for table, values in rows.items():
        if values:
            marks = ", ".join(["%s"] * len(values[0]))
            cursor.executemany(f"INSERT INTO `{table}` VALUES ({marks})", values)
