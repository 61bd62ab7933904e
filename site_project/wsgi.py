"""The WSGI entry point of the site: the page cache first, then Django."""

import gc
import os
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

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
from commerce.task_leases import start_web_heartbeat  # noqa: E402  needs the apps

_pages = PageCacheFront(_django)


def application(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
    """The site; its first request starts the process's heartbeat."""
    start_web_heartbeat()
    return _pages(environ, start_response)


# Load the views now and not in the first request. Everything loaded so far stays in memory: without
# freeze() the garbage collector would scan it during one of the first requests, for 0.1 s.
import_module(settings.ROOT_URLCONF)
gc.freeze()
gc.enable()
