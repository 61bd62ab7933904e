"""A Django project with one empty view and no middleware: what everything else is a multiple of.

Its view has the address of the site's own empty view, so that both look up the same.
``BENCH_MIDDLEWARE=on`` puts the seven of ``startproject`` in front of the view.
"""

import os
import secrets

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path


def empty(request):
    """Nothing, in two letters."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [path("health/live", empty)]

#: As ``django-admin startproject`` writes them, with the apps that they need.
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
