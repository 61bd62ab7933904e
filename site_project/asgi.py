"""The ASGI entry point of the site."""

import os
from collections.abc import Callable
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_project.settings")

_django = get_asgi_application()

from site_project.production import refuse_unsafe_start  # noqa: E402  needs the apps

refuse_unsafe_start()

from commerce.task_leases import start_web_heartbeat  # noqa: E402  needs the apps


async def application(scope: dict[str, Any], receive: Callable, send: Callable) -> None:
    """The site; its first request starts the process's heartbeat."""
    start_web_heartbeat()
    await _django(scope, receive, send)
