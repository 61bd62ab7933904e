"""The snapshot for first starts equals a freshly migrated database."""

import os
import re
import signal
import sqlite3
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from site_project.management.commands import migrate_if_needed
from site_project.snapshot import LockedTooLong, exclusive, restore
from tests.site import ROOT
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
        # Unrelated migrations may be applied in any order, and are numbered by it.
        rows["django_migrations"] = sorted(
            database.execute("SELECT app, name FROM django_migrations")
        )
    return schema, rows


@pytest.fixture
def snapshot(tmp_path):
    path = tmp_path / "snapshot" / "db.sqlite3"
    assert restore(path)
    return path


@pytest.mark.slow
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


#: Waits until every process is ready, creates the database, and writes a row as a site would.
FIRST_START = """
import pathlib, sqlite3, sys
from site_project.snapshot import restore
folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]
(folder / f"ready-{name}").touch()
while not (folder / "go").exists():
    pass
was_restored = restore(folder / "db.sqlite3")
database = sqlite3.connect(folder / "db.sqlite3", timeout=30)
database.execute("PRAGMA journal_mode = WAL")
with database:
    database.execute(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('row', ?, '2026-01-01')", [name]
    )
print(was_restored)
"""


def python(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("turn", range(4))
def test_processes_that_start_together_share_one_database(tmp_path, turn):
    """Regression: they replaced each other's database, or failed to."""
    names = ("a", "b", "c", "d")
    processes = [python(FIRST_START, tmp_path, name) for name in names]
    while not all((tmp_path / f"ready-{name}").exists() for name in names):
        assert all(process.poll() is None for process in processes)
    (tmp_path / "go").touch()
    outputs = [process.communicate(timeout=60) for process in processes]

    assert [errors for _output, errors in outputs] == [""] * 4
    assert sorted(output.strip() for output, _errors in outputs) == ["False"] * 3 + ["True"]
    with sqlite3.connect(tmp_path / "db.sqlite3") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = database.execute("SELECT name FROM django_migrations WHERE app = 'row'")
        assert {name for (name,) in rows} == set(names)


def test_log_of_a_deleted_database_is_not_applied(tmp_path):
    """Regression: a killed site left its write-ahead log, and only the database was deleted."""
    path = tmp_path / "db.sqlite3"
    assert restore(path)
    killed = python(
        "import os, sqlite3, sys; database = sqlite3.connect(sys.argv[1]);"
        "database.execute('PRAGMA journal_mode = WAL');"
        "database.execute('CREATE TABLE old AS SELECT * FROM django_migrations');"
        f"database.commit(); os.kill(os.getpid(), {int(signal.SIGKILL)})",
        path,
    )
    killed.communicate(timeout=60)
    assert os.path.getsize(f"{path}-wal") > 0  # control
    path.unlink()

    assert restore(path)

    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = database.execute("SELECT name FROM sqlite_master WHERE name = 'old'").fetchall()
        assert tables == []


def test_database_that_appears_meanwhile_is_left_alone(tmp_path, monkeypatch):
    """A program without the lock, such as a shell, creates the database at the same moment."""
    path = tmp_path / "db.sqlite3"

    hardlink_to = type(path).hardlink_to

    def create_first(self, target):
        self.write_bytes(b"somebody's")
        hardlink_to(self, target)

    monkeypatch.setattr(type(path), "hardlink_to", create_first)

    assert not restore(path)
    assert path.read_bytes() == b"somebody's"
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name, f"{path.name}.restoring"]


def test_lock_ends_with_its_process(tmp_path):
    path = tmp_path / "lock"
    code = (
        "import sys, time; from pathlib import Path; from site_project.snapshot import exclusive\n"
        "with exclusive(Path(sys.argv[1])): print('locked', flush=True); time.sleep(60)"
    )
    holder = python(code, path)
    assert holder.stdout.readline() == "locked\n"
    with pytest.raises(LockedTooLong), exclusive(path, seconds=0.1):
        pass
    holder.kill()
    holder.communicate()

    with exclusive(path, seconds=5):
        pass


@pytest.mark.django_db
def test_migrating_waits_for_another_process_and_then_says_so(monkeypatch):
    monkeypatch.setattr(migrate_if_needed, "WAIT_SECONDS", 0.1)

    with (
        migrate_if_needed.only_process(),
        pytest.raises(CommandError, match="Another process has been migrating this database"),
    ):
        call_command("migrate_if_needed")
    call_command("migrate_if_needed")
