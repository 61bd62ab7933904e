"""Pages that belong to no floor: health, the one door to sign in, and errors."""

from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse


def live(request):
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


def ready(request):
    """200 where the database, and Redis if there is one, answer; 503 with what does not."""
    problems = []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        problems.append(f"database: {type(error).__name__}")
    if settings.REDIS_URL:
        try:
            cache.get("health")
        except Exception as error:  # noqa: BLE001  whatever the client raises, it is not ready
            problems.append(f"redis: {type(error).__name__}")
    return JsonResponse({"problems": problems}, status=503 if problems else 200)


def to_login(request):
    """Send every other login form to the one door, and back afterwards.

    Somebody who is signed in and was sent here may not enter: the door would send them back.
    """
    if request.user.is_authenticated:
        raise PermissionDenied
    query = urlencode({"next": request.GET.get("next", "/")})
    return redirect(f"{reverse('account_login')}?{query}")
