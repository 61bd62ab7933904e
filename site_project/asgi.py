"""The ASGI entry point of the site."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_project.settings")

application = get_asgi_application()

from site_project.production import refuse_unsafe_start  # noqa: E402  needs the apps

refuse_unsafe_start()
