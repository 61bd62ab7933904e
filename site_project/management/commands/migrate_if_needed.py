"""Applies missing migrations, one process at a time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.db.backends.utils import CursorWrapper
from django.db.migrations.executor import MigrationExecutor

from site_project.production import unusable_database
from site_project.snapshot import LockedTooLong, exclusive, restore

#: Seconds to wait for another process that migrates the database.
WAIT_SECONDS = 600


class Command(BaseCommand):
    help = "Apply missing migrations; quick if there are none."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with only_process():
                self.migrate()
        except (OperationalError, OSError) as error:
            raise CommandError(unusable_database(error)) from None
        except LockedTooLong:
            raise CommandError(
                f"Another process has been migrating this database for {WAIT_SECONDS // 60} minutes. "
                "Wait until it ends, or end it, and run this command again."
            ) from None

    def migrate(self) -> None:
        """Create the database from the snapshot if there is none, then apply what is missing."""
        if connection.vendor == "sqlite" and restore(Path(connection.settings_dict["NAME"])):
            connection.close()  # It would still read the file that was replaced.
            self.stdout.write("    created an empty database from the snapshot")
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if not missing:
            self.stdout.write("    nothing to migrate")
            return
        is_new = not executor.loader.applied_migrations
        hint = " (a new database takes a minute or two)" if is_new else ""
        plural = "" if len(missing) == 1 else "s"
        self.stdout.write(f"    applying {len(missing)} migration{plural}{hint}")
        call_command("migrate", verbosity=0, interactive=False)
        # Migrations may have changed data of the read model; the rebuild writes only differences.
        call_command("rebuild_listings", verbosity=0)


@contextmanager
def only_process() -> Iterator[None]:
    """Keep other processes from migrating the same database. Raises LockedTooLong."""
    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"])
        path.parent.mkdir(parents=True, exist_ok=True)
        with exclusive(path.with_name(f"{path.name}.migrating"), seconds=WAIT_SECONDS):
            yield
        return
    # A connection of its own: the server releases the lock when it is closed, however that happens.
    holder = connection.copy()
    # Locks are shared by all databases of a server, and their names have at most 64 characters.
    name = f"migrating {connection.settings_dict['NAME']}"[:64]
    end = time.monotonic() + WAIT_SECONDS
    try:
        with holder.cursor() as cursor:
            while not _get_lock(cursor, name):
                if time.monotonic() > end:
                    raise LockedTooLong(f"{name} is locked by another process")
            yield
    finally:
        holder.close()


def _get_lock(cursor: CursorWrapper, name: str) -> bool:
    # Waits for a second only: no query may take longer than the connection's read_timeout.
    cursor.execute("SELECT GET_LOCK(%s, 1)", [name])
    return cursor.fetchone() == (1,)
