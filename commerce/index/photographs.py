"""Renders the sizes of new photos and refreshes the cards that show them."""

from typing import Any, ParamSpec

from django_tasks import task
from django_tasks.base import Task
from oscar.core.loading import get_model
from wagtail.images import get_image_model
from wagtail.images.models import AbstractImage

from commerce.images.logo import LOGO_SPEC
from commerce.images.photos import is_rendered, missing_specs, render_for_lists
from commerce.images.rendering import render
from commerce.images.swatches import SWATCH_SPEC
from commerce.index.refresh import refresh_listings
from commerce.models import CategoryPhoto, OptionValueDisplay
from commerce.models.cache_tags import SETS, SITE
from commerce.page_cache.versions import invalidate
from commerce.transactions import enqueue_or_run_on_commit

P = ParamSpec("P")
#: Photos that are looked at in one query.
BATCH = 500
#: The priority of work that may wait; others have 0.
LOW = -10


@task()
def render_photo_task(image_id: int) -> None:
    """Make the renditions of a new photo and refresh the cards and categories that show it."""
    refresh_listings(render_for_lists(image_id))
    if CategoryPhoto.objects.filter(image=image_id).exists():
        invalidate(SITE)


@task()
def render_logo_task(image_id: int) -> None:
    """Make the rendition of the shop's logo, which all pages show."""
    if render(image_id, LOGO_SPEC):
        invalidate(SITE)


def render_soon(image: AbstractImage) -> None:
    """Enqueue the rendering of an image after the commit, unless all its sizes exist."""
    if not is_rendered(image):
        enqueue_or_run_on_commit(after_others(render_photo_task), image.pk)


def render_missing_soon() -> int:
    """Enqueue the rendering of every photo that lacks a size that pages use. Returns how many.

    For updates that add sizes. Until then pages show the sizes that exist.
    """
    count, last = 0, 0
    images = get_image_model().objects.order_by("pk")
    while batch := list(images.filter(pk__gt=last)[:BATCH]):
        missing = missing_specs(batch)
        for image in batch:
            if missing[image.pk]:
                enqueue_or_run_on_commit(after_others(render_photo_task), image.pk)
                count += 1
        last = batch[-1].pk
    return count


def after_others(task: Task[P, Any]) -> Task[P, Any]:
    """The task with a low priority, if the queue has priorities.

    An import has thousands of photos: mails, and the rest of the import, do not wait for them.
    """
    return task.using(priority=LOW) if task.get_backend().supports_priority else task


@task()
def render_swatch_task(image_id: int) -> None:
    """Make the rendition of a swatch and refresh the products that show it."""
    if render(image_id, SWATCH_SPEC):
        values = OptionValueDisplay.objects.filter(picture=image_id).values("value")
        products = get_model("catalogue", "ProductAttributeValue").objects.filter(
            value_option__in=values
        )
        refresh_listings(products.values_list("product_id", flat=True))
        invalidate(SITE, SETS)
