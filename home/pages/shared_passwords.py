"""Shared passwords of private pages and private document collections, with a limit on attempts."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from wagtail import views as page_views
from wagtail.documents.views import serve as document_views

from commerce.accounts.attempts import too_many
from commerce.throttles import Limit, TooManyAttempts, count_attempt, release_attempt, visitor_key

LIMIT = Limit(free=10)


def _throttled(
    view: Callable[..., HttpResponseBase], request: HttpRequest, **kwargs: int
) -> HttpResponseBase:
    """Wagtail's password form with failed attempts counted per visitor."""
    if request.method != "POST":
        return view(request, **kwargs)
    limits = {visitor_key("shared-password", request): LIMIT}
    try:
        count_attempt(limits)
    except TooManyAttempts as refusal:
        return too_many(request, refusal)
    response = view(request, **kwargs)
    if response.status_code == 302:
        release_attempt(limits)
    return response


def page_password(
    request: HttpRequest, page_view_restriction_id: int, page_id: int
) -> HttpResponseBase:
    """Ask for the password of a private page."""
    return _throttled(
        page_views.authenticate_with_password,
        request,
        page_view_restriction_id=page_view_restriction_id,
        page_id=page_id,
    )


def collection_password(request: HttpRequest, restriction_id: int) -> HttpResponseBase:
    """Ask for the password of a private document collection."""
    return _throttled(
        document_views.authenticate_with_password, request, restriction_id=restriction_id
    )
