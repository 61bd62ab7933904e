"""How much a browser may send at once, refused before it is read."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat


def limit_of(path: str) -> int:
    """Bytes that a request to this path may bring: of the longest beginning that is named, else the least."""
    named = [start for start in settings.BODY_LIMITS if path.startswith(start)]
    return settings.BODY_LIMITS[max(named, key=len)] if named else settings.BODY_LIMIT


class BodyLimitMiddleware:
    """Answers 413, with a sentence, to what is larger than ``settings.BODY_LIMITS`` allows."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        sent = request.META.get("CONTENT_LENGTH") or "0"
        if sent != "0":
            most = limit_of(request.path_info)
            if not sent.isdigit() or int(sent) > most:
                return render(request, "413.html", {"most": filesizeformat(most)}, status=413)
        return self.get_response(request)
