"""The site records of Django and Wagtail: both follow the settings, and a shop has one."""

from functools import partial
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.contrib.sites.models import Site as DjangoSite
from django.db import transaction
from django.db.models import Model
from django.db.models.base import ModelState
from django.utils.functional import SimpleLazyObject
from wagtail.models import Site

from commerce.page_cache.memoise import memoise
from commerce.shop_settings.current import current_shop
from home.models import HomePage

DEFAULT_PORTS = {"http": 80, "https": 443}
Row = TypeVar("Row", bound=Model)


@transaction.atomic
def sync_sites() -> bool:
    """Set Django's Site and Wagtail's default Site to ``SITE_URL`` and ``SITE_NAME``.

    Mails link to the one, pages to the other. Returns whether anything changed.
    """
    address = urlsplit(settings.SITE_URL)
    port = address.port or DEFAULT_PORTS[address.scheme]
    return _sync_django_site(address) | _sync_wagtail_site(address, port)


def _sync_django_site(address: SplitResult) -> bool:
    wanted = {"domain": address.netloc, "name": current_shop().name}
    site, is_new = DjangoSite.objects.get_or_create(pk=settings.SITE_ID, defaults=wanted)
    return is_new or _update(site, wanted)


def _sync_wagtail_site(address: SplitResult, port: int) -> bool:
    site = Site.objects.filter(is_default_site=True).first()
    if site is None:  # There is no page yet that it could have as its root.
        return False
    wanted = {"hostname": address.hostname, "port": port, "site_name": current_shop().name}
    return _update(site, wanted)


def _update(row: Model, wanted: dict[str, Any]) -> bool:
    changed = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        row.save()
    return bool(changed)


def single_site() -> Site | None:
    """Wagtail's only site with its root page; None if there are several sites or none.

    Returns a lazy copy from the process cache. Each request gets its own copies, because site and page
    cache values on themselves; lazy, because many responses need no site. The root page is loaded
    without its body.
    """
    site = memoise("only-site", _find_single_site)
    return None if site is None else SimpleLazyObject(partial(_copy_with_root, site))


def _copy_with_root(site: Site) -> Site:
    own = _copy(site)
    own.root_page = _copy(site.root_page)
    return own


def _copy(row: Row) -> Row:
    """A copy of a model instance. Faster than ``copy.copy``, which goes through pickling."""
    own = object.__new__(type(row))
    own.__dict__.update(row.__dict__, _state=ModelState())
    own._state.db, own._state.adding = row._state.db, False
    own._state.fields_cache = dict(row._state.fields_cache)
    return own


def _find_single_site() -> Site | None:
    sites = list(Site.objects.select_related("root_page")[:2])
    if len(sites) != 1 or not sites[0].is_default_site:
        return None
    home = HomePage.objects.defer("body").filter(pk=sites[0].root_page_id).first()
    sites[0].root_page = home or sites[0].root_page
    return sites[0]
