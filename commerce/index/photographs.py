"""Renders the sizes of new photos and refreshes the cards that show them."""

from django_tasks import task
from wagtail.images.models import AbstractImage

from commerce.images.photos import is_rendered, render_for_lists
from commerce.index.refresh import refresh_listings
from commerce.transactions import enqueue_or_run_on_commit


@task()
def render_photo_task(image_id: int) -> None:
    """Make the renditions of a new photo and refresh the cards that show it."""
    refresh_listings(render_for_lists(image_id))


def render_soon(image: AbstractImage) -> None:
    """Enqueue the rendering of an image after the commit, unless all its sizes exist."""
    if not is_rendered(image):
        enqueue_or_run_on_commit(render_photo_task, image.pk)
