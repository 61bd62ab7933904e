"""Telling a cache in front of the site (a CDN, Varnish) which addresses changed.

Wagtail tells it of published pages by itself (wagtail.contrib.frontend_cache); this is the shop's part.
Addresses with a query are not purged: they stay for the seconds of ``CDN_SECONDS``.
"""

from django.conf import settings
from django.urls import reverse
from django_tasks import task
from oscar.core.loading import get_model
from wagtail.contrib.frontend_cache.utils import purge_urls_from_cache

from commerce.page_cache.dependencies import LISTS
from commerce.urls import absolute

#: Keys looked up at once; a larger change is a change of everything that is linked from the front.
MOST = 500


def purge_soon(tags):
    """Have a task purge the addresses of these tags, where something stands in front of the site."""
    if not settings.WAGTAILFRONTENDCACHE:
        return
    purge_addresses_task.enqueue(sorted(tags)[:MOST])


def addresses_of(tags):
    """Absolute addresses of the pages that are about what the tags stand for."""
    found = set()
    keys = {kind: _keys(tags, kind) for kind in ("piece", "sale", "card", "list")}
    shown = keys["piece"] | keys["sale"] | keys["card"]
    products = get_model("catalogue", "Product").objects.filter(pk__in=shown)
    found |= {product.get_absolute_url() for product in products}
    categories = get_model("catalogue", "Category").objects.filter(pk__in=keys["list"])
    found |= {category.get_absolute_url() for category in categories}
    if keys["list"] or LISTS in tags:
        found.add(reverse("catalogue:index"))
    if shown:
        found.add("/")
    return sorted(absolute(address) for address in found)


def _keys(tags, kind):
    prefix = f"{kind}-"
    return {int(tag.removeprefix(prefix)) for tag in tags if tag.startswith(prefix)}


@task()
def purge_addresses_task(tags):
    """Have the cache in front of the site forget the pages of these tags."""
    purge_urls_from_cache(addresses_of(set(tags)))
