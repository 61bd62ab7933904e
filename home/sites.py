"""One name and one address for the site, wherever Django and Wagtail keep them."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sites.models import Site as DjangoSite
from django.db import transaction
from wagtail.models import Site as WagtailSite

DEFAULT_PORTS = {"http": 80, "https": 443}


@transaction.atomic
def sync_sites():
    """Make Django's Site and Wagtail's default Site say what ``SITE_URL`` and ``SITE_NAME`` say.

    Mails link to the one, pages to the other. Returns whether anything changed.
    """
    address = urlsplit(settings.SITE_URL)
    port = address.port or DEFAULT_PORTS[address.scheme]
    return _sync_django_site(address) | _sync_wagtail_site(address, port)


def _sync_django_site(address):
    wanted = {"domain": address.netloc, "name": settings.SITE_NAME}
    site, is_new = DjangoSite.objects.get_or_create(pk=settings.SITE_ID, defaults=wanted)
    return is_new or _change(site, wanted)


def _sync_wagtail_site(address, port):
    site = WagtailSite.objects.filter(is_default_site=True).first()
    if site is None:  # Before the first page exists there is nothing to point it to.
        return False
    wanted = {"hostname": address.hostname, "port": port, "site_name": settings.SITE_NAME}
    return _change(site, wanted)


def _change(row, wanted):
    changed = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        row.save()
    return bool(changed)
