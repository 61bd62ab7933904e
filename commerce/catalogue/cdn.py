"""Purging a cache in front of the site (a CDN, Varnish) of addresses whose pages changed.

Wagtail purges published pages itself (``wagtail.contrib.frontend_cache``). Addresses with a query are
not purged: they stay for the seconds of ``CDN_SECONDS``.
"""

from collections.abc import Iterable

from django.conf import settings
from django.urls import reverse
from django_tasks import task
from oscar.core.loading import get_model
from wagtail.contrib.frontend_cache.utils import purge_urls_from_cache

from commerce.models.cache_tags import LISTS
from commerce.urls import absolute

#: Tags purged at once. A larger change is a change of every list, which the home page links.
MOST = 500


def purge_soon(tags: Iterable[str]) -> None:
    """Enqueue the purge of these tags' addresses, if anything is in front of the site."""
    if settings.WAGTAILFRONTENDCACHE:
        purge_addresses_task.enqueue(sorted(tags)[:MOST])


@task()
def purge_addresses_task(tags: list[str]) -> None:
    """Purge the addresses of the pages that are about these tags."""
    purge_urls_from_cache(addresses_of(set(tags)))


def addresses_of(tags: set[str]) -> list[str]:
    """Absolute addresses of the pages that are about what the tags stand for."""
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
