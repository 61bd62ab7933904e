"""Start the worker of whichever queue the settings name."""

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Work off background tasks (database queue or Redis, as TASK_QUEUE says)."

    def handle(self, *args, **options):
        if settings.TASK_QUEUE == "database":
            call_command("db_worker", interval=0.5, startup_delay=False)
        elif settings.TASK_QUEUE == "redis":
            call_command(
                "rqworker", "default", job_class="django_tasks_rq.Job", with_scheduler=True
            )
        else:
            raise CommandError(
                "TASK_QUEUE=immediate runs tasks in the request; there is no worker."
            )
