"""The WSGI entry point of the site: kept pages first, then Django."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from site_project.parent_death import VARIABLE, end_with_server

if os.environ.get(VARIABLE):  # a worker of the server that serve.py started
    end_with_server()

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_project.settings")

_django = get_wsgi_application()

from site_project.production import refuse_unsafe_start  # noqa: E402  asks the database: needs the apps

refuse_unsafe_start()

from commerce.page_cache.middleware import PageCacheFront  # noqa: E402  counts in models: needs the apps

application = PageCacheFront(_django)

# The views are loaded now and not by the first request. All that is there by now stays: looking through
# it for garbage took one of the first requests a tenth of a second.
import_module(settings.ROOT_URLCONF)
gc.freeze()
