"""A Django project with one empty view and no middleware: what everything else is a multiple of."""

import secrets

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path


def empty(request):
    """Nothing, in two letters."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [path("", empty)]

settings.configure(
    SECRET_KEY=secrets.token_urlsafe(48),
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[],
    INSTALLED_APPS=[],
    USE_I18N=False,
)
application = get_wsgi_application()
