"""Applies missing migrations, one process at a time."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from site_project.snapshot import restore


class Command(BaseCommand):
    help = "Apply missing migrations; quick if there are none."

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor == "sqlite" and restore(Path(connection.settings_dict["NAME"])):
            connection.close()  # It would still read the file that was replaced.
            self.stdout.write("    created an empty database from the snapshot")
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if not missing:
            self.stdout.write("    nothing to migrate")
            return
        self.stdout.write(
            f"    applying {len(missing)} migrations (a new database takes a minute or two)"
        )
        call_command("migrate", verbosity=0, interactive=False)
        # Migrations may have changed data of the read model; the rebuild writes only differences.
        call_command("rebuild_listings", verbosity=0)
