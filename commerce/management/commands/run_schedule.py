"""Runs the scheduler: enqueues each task of settings.SCHEDULE when it is due."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections
from django.utils.module_loading import import_string


class Command(BaseCommand):
    help = "Enqueue scheduled tasks until stopped. Run a single instance."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="enqueue every task once and stop")

    def handle(self, *args: Any, once: bool = False, **options: Any) -> None:
        due = {path: 0.0 for _seconds, path in settings.SCHEDULE}
        while True:
            now = time.monotonic()
            for seconds, path in settings.SCHEDULE:
                if due[path] <= now:
                    due[path] = now + seconds
                    self.enqueue(path)
            if once:
                return
            time.sleep(1)

    def enqueue(self, path: str) -> None:
        """Enqueue a task. If the queue is down, the next turn tries again."""
        close_old_connections()
        try:
            import_string(path).enqueue()
        except Exception as error:  # noqa: BLE001  the scheduler must not stop
            self.stderr.write(f"{path}: {error}")
