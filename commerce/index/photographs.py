"""Renditions of a new photograph, and the cards that show it."""

from django.db import transaction
from django_tasks import task

from commerce.images.photos import is_rendered, render_for_lists
from commerce.index.refresh import refresh_listings


@task()
def render_photo_task(image_id):
    """Make the renditions of a new photograph, and refresh the cards that show it."""
    refresh_listings(render_for_lists(image_id))


def render_soon(image):
    """Leave the renditions of an image to the worker, unless they exist."""
    if not is_rendered(image):
        transaction.on_commit(lambda: render_photo_task.enqueue(image.pk))
