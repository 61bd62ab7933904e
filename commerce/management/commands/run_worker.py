"""Starts the worker of the configured queue."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.crypto import get_random_string

from commerce.task_leases import cache_errors, heartbeat


class Command(BaseCommand):
    help = "Run background tasks from the queue of TASK_QUEUE (database or Redis)."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.TASK_QUEUE != "immediate" and (errors := cache_errors()):
            raise CommandError(errors[0])
        if settings.TASK_QUEUE == "database":
            worker_id = get_random_string(32)
            with heartbeat(worker_id):
                call_command("db_worker", interval=0.5, startup_delay=False, worker_id=worker_id)
        elif settings.TASK_QUEUE == "redis":
            call_command(
                "rqworker",
                "default",
                job_class="django_tasks_rq.Job",
                serializer=settings.RQ_QUEUES["default"]["SERIALIZER"],
                with_scheduler=True,
            )
        else:
            raise CommandError(
                "TASK_QUEUE=immediate runs tasks in the request and needs no worker."
            )
