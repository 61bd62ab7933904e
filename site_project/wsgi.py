"""The WSGI entry point of the site: kept pages first, then Django."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_project.settings")

_django = get_wsgi_application()

from commerce.page_cache.front import PageCacheFront  # noqa: E402  counts in models: needs the apps

application = PageCacheFront(_django)
