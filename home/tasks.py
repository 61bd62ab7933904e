"""Work that the pages' floor leaves to the background worker."""

from django.core.management import call_command
from django_tasks import task


@task()
def publish_scheduled_pages():
    """Publish and unpublish what editors scheduled for a moment that has passed."""
    call_command("publish_scheduled")
