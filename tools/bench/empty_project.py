"""A Django project with one empty view and no middleware: the baseline of all multiples.

The view has the same URL as the site's own empty view, so that URL resolution costs the same.
``BENCH_MIDDLEWARE=on`` adds the seven middlewares of ``startproject``.
"""

import os
import secrets

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path


def empty(request):
    """Return a two-letter response."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [path("health/live", empty)]

#: The middlewares that ``django-admin startproject`` writes. APPS are the apps that they need.
STARTPROJECT = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
APPS = ["django.contrib." + name for name in ("auth", "contenttypes", "sessions", "messages")]
has_middleware = os.environ.get("BENCH_MIDDLEWARE") == "on"

settings.configure(
    SECRET_KEY=secrets.token_urlsafe(48),
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=STARTPROJECT if has_middleware else [],
    INSTALLED_APPS=APPS if has_middleware else [],
    USE_I18N=False,
)
application = get_wsgi_application()
