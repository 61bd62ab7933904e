"""The WSGI entry point of the site: the page cache first, then Django."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from site_project.parent_death import VARIABLE, end_with_server

gc.disable()  # Imports create many objects that stay; see below.

if os.environ.get(VARIABLE):  # a worker of the server that serve.py started
    end_with_server()

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_project.settings")

_django = get_wsgi_application()

from site_project.production import refuse_unsafe_start  # noqa: E402  needs the apps

refuse_unsafe_start()

from commerce.page_cache.middleware import PageCacheFront  # noqa: E402  needs the apps

application = PageCacheFront(_django)

# Load the views now and not in the first request. Everything loaded so far stays in memory: without
# freeze() the garbage collector would scan it during one of the first requests, for 0.1 s.
import_module(settings.ROOT_URLCONF)
gc.freeze()
gc.enable()
