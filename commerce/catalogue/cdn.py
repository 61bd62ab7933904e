"""Purges a cache in front of the site (a CDN, Varnish) when products change.

Wagtail purges its own pages when editors change them (``wagtail.contrib.frontend_cache``). Pages of
editors and collections that show a changed product, and URLs with a query string, are not purged:
they expire after ``CDN_SECONDS``. A cache that purges by ``Cache-Tag`` can purge them all.
"""

from collections.abc import Iterable

from django.conf import settings
from django.urls import reverse
from django_tasks import task
from oscar.core.loading import get_model
from wagtail.contrib.frontend_cache.utils import purge_urls_from_cache

from commerce.models.cache_tags import LISTS
from commerce.transactions import enqueue_on_commit
from commerce.urls import absolute

#: Most tags per task.
MAX_TAGS = 500


def purge_soon(tags: Iterable[str]) -> None:
    """Enqueue the purge of these tags' pages, if a cache is configured.

    If the queue fails, the pages expire after ``CDN_SECONDS``.
    """
    if settings.WAGTAILFRONTENDCACHE:
        ordered = sorted(tags)
        for start in range(0, len(ordered), MAX_TAGS):
            enqueue_on_commit(purge_addresses_task, ordered[start : start + MAX_TAGS])


@task()
def purge_addresses_task(tags: list[str]) -> None:
    """Purge the pages of these tags."""
    purge_urls_from_cache(addresses_of(set(tags)))


def addresses_of(tags: set[str]) -> list[str]:
    """Absolute URLs of the pages that depend on these tags."""
    found = set()
    listed = _keys(tags, "list")
    shown = _keys(tags, "product") | _keys(tags, "price") | _keys(tags, "card")
    for name, keys in (("Product", shown), ("Category", listed)):
        rows = get_model("catalogue", name).objects.filter(pk__in=keys)
        found |= {row.get_absolute_url() for row in rows}
    if listed or LISTS in tags:
        found.add(reverse("catalogue:index"))
    if shown:
        found.add("/")
    return sorted(absolute(address) for address in found)


def _keys(tags: set[str], kind: str) -> set[int]:
    prefix = f"{kind}-"
    return {int(tag.removeprefix(prefix)) for tag in tags if tag.startswith(prefix)}
