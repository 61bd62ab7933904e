"""Pages that belong to no floor: health, the one door to sign in, and errors."""

from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from commerce.permissions.table import STAFF_PATHS

#: Parts of the names of fields that no page repeats.
UNSPEAKABLE = ("pass", "token", "secret", "code", "card", "key")
#: Fewer letters than this are quicker typed than looked for.
WORTH_KEEPING = 20


def refused(request, exception=None):
    """403: a page of ours, with the texts that somebody typed into a form that they may not send."""
    return render(request, "403.html", {"typed": typed_texts(request)}, status=403)


def typed_texts(request):
    """Names and values of the longer texts in a form, in the order of the form."""
    if request.method != "POST":
        return []
    return [
        (name.rpartition("-")[2].replace("_", " "), value)
        for name, values in request.POST.lists()
        for value in values
        if (" " in value.strip() or len(value) >= WORTH_KEEPING)
        and not any(part in name.lower() for part in UNSPEAKABLE)
    ]


def live(request):
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain; charset=utf-8")


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
    area = next((start for start in STAFF_PATHS if request.path.startswith(start)), "/")
    query = urlencode({"next": request.GET.get("next", area)})
    return redirect(f"{reverse('account_login')}?{query}")
