"""Responses to too many attempts: a page, or a form error."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from commerce.throttles import Limit, TooManyAttempts, count_attempt


def too_many(request: HttpRequest, refusal: TooManyAttempts) -> HttpResponse:
    """The page that asks the visitor to wait, with the seconds in ``Retry-After``."""
    response = render(request, "429.html", {"refusal": refusal}, status=429)
    response["Retry-After"] = str(refusal.seconds)
    return response


def count_form_attempt(limits: dict[str, Limit]) -> None:
    """Count an attempt of a form. Raises ValidationError if it is too early for another."""
    try:
        count_attempt(limits)
    except TooManyAttempts as refusal:
        raise ValidationError(str(refusal)) from refusal
