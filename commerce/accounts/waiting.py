"""The page that asks somebody to wait."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from commerce.throttles import TooManyAttempts


def too_many(request: HttpRequest, refusal: TooManyAttempts) -> HttpResponse:
    """The page that asks somebody to wait, with the seconds in ``Retry-After``."""
    response = render(request, "429.html", {"refusal": refusal}, status=429)
    response["Retry-After"] = str(refusal.seconds)
    return response
