"""How much a browser may send at once, refused before it is read."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from commerce.requests import previous_page


def limit_of(path: str) -> int:
    """Bytes that a request to this path may bring: of the longest beginning that is named, else the least."""
    return _named(settings.BODY_LIMITS, path) or settings.BODY_LIMIT


def file_limit_of(path: str) -> int:
    """Bytes that a file may have which a form at this path takes; 0 where it takes none."""
    return _named(settings.FILE_LIMITS, path)


def _named(limits, path):
    named = [start for start in limits if path.startswith(start)]
    return limits[max(named, key=len)] if named else 0


class BodyLimitMiddleware:
    """Answers 413, with a sentence, to what is larger than ``settings.BODY_LIMITS`` allows."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        sent = request.META.get("CONTENT_LENGTH") or "0"
        if sent != "0" and (not sent.isdigit() or int(sent) > limit_of(request.path_info)):
            return _refused(request)
        return self.get_response(request)


def _refused(request):
    megabytes = file_limit_of(request.path_info) // (1024 * 1024)
    context = {"megabytes": megabytes, "behind": previous_page(request)}
    return render(request, "413.html", context, status=413)
