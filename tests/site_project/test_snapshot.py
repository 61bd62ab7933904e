"""The snapshot for first starts equals a freshly migrated database."""

import re
import sqlite3

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from site_project.snapshot import restore
from tools.snapshot import migrated

#: Timestamps and random names, which always differ.
VARYING = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?|[0-9a-f]{8}-?[0-9a-f]{4}[0-9a-f-]{16,}"
)


def contents(path):
    """The schema and all rows of a database, without the columns that always differ."""
    with sqlite3.connect(path) as database:
        schema = database.execute(
            "SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2"
        ).fetchall()
        tables = [name for kind, name, _sql in schema if kind == "table"]
        rows = {
            name: sorted(
                VARYING.sub("…", repr(row)) for row in database.execute(f'SELECT * FROM "{name}"')
            )
            for name in tables
            if "_fts" not in name and name != "sqlite_sequence"
        }
    return schema, rows


@pytest.fixture
def snapshot(tmp_path):
    path = tmp_path / "snapshot" / "db.sqlite3"
    assert restore(path)
    return path


def test_snapshot_equals_a_migrated_database(snapshot, tmp_path):
    folder = tmp_path / "migrated"
    folder.mkdir()

    (schema, rows), (new_schema, new_rows) = contents(snapshot), contents(migrated(folder))
    assert set(new_schema) ^ set(schema) == set(), "run make snapshot"
    differing = {
        name: set(rows[name]) ^ set(new_rows[name])
        for name in new_rows
        if rows[name] != new_rows[name]
    }
    assert differing == {}, "run make snapshot"


def test_snapshot_has_every_migration(snapshot):
    loader = MigrationLoader(None, ignore_no_migrations=True)
    with sqlite3.connect(snapshot) as database:
        applied = set(database.execute("SELECT app, name FROM django_migrations"))

    assert set(loader.disk_migrations) - applied == set(), "run make snapshot"


def test_existing_database_is_left_alone(tmp_path):
    path = tmp_path / "db.sqlite3"
    path.write_bytes(b"somebody's")

    assert not restore(path)
    assert path.read_bytes() == b"somebody's"


@pytest.mark.django_db
def test_tests_run_on_all_migrations(db):
    loader = MigrationLoader(connection)

    assert set(loader.disk_migrations) - set(loader.applied_migrations) == set()
