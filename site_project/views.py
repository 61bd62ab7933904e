"""Views of no other app: health checks, the sign-in redirect, and the page for 403."""

from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from commerce.permissions.table import STAFF_PATHS

#: Parts of the names of fields whose values are never shown again.
SECRET_NAMES = ("pass", "token", "secret", "code", "card", "key")
#: Shorter texts of one word are not worth showing again.
MIN_LENGTH = 20


def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for 403. Shows the texts of a submitted form, so that they are not lost."""
    return render(request, "403.html", {"typed": typed_texts(request)}, status=403)


def typed_texts(request: HttpRequest) -> list[tuple[str, str]]:
    """``(name, value)`` of the longer texts of a submitted form, without secrets."""
    if request.method != "POST":
        return []
    return [
        (name.rpartition("-")[2].replace("_", " "), value)
        for name, values in request.POST.lists()
        for value in values
        if (" " in value.strip() or len(value) >= MIN_LENGTH)
        and not any(part in name.lower() for part in SECRET_NAMES)
    ]


def live(request: HttpRequest) -> HttpResponse:
    """200 while the process runs."""
    return HttpResponse("ok", content_type="text/plain; charset=utf-8")


def ready(request: HttpRequest) -> HttpResponse:
    """200 if the database and (if configured) Redis respond; otherwise 503 with the problems."""
    problems = []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        problems.append(f"database: {type(error).__name__}")
    if settings.REDIS_URL:
        try:
            cache.get("health")
        except Exception as error:  # noqa: BLE001  any error means not ready
            problems.append(f"redis: {type(error).__name__}")
    return JsonResponse({"problems": problems}, status=503 if problems else 200)


def to_login(request: HttpRequest) -> HttpResponse:
    """Redirect Oscar's and Wagtail's sign-in pages to allauth's, with the way back.

    Raises PermissionDenied for signed-in users: they were sent here because they lack a permission,
    and the sign-in page would send them straight back.
    """
    if request.user.is_authenticated:
        raise PermissionDenied
    area = next((start for start in STAFF_PATHS if request.path.startswith(start)), "/")
    query = urlencode({"next": request.GET.get("next", area)})
    return redirect(f"{reverse('account_login')}?{query}")
