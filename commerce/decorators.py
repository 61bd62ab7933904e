"""Pages for one person: not kept anywhere, not listed, and their addresses told to nobody."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator

from commerce.audit.security import note_missing


def private_page(view_class=None, *, referrer="same-origin"):
    """A view class whose answers are private; its address is a secret or close to one.

    Browsers send forms of a page with the policy "no-referrer" from a null origin, which the check
    against forged requests refuses. So a page with a form has "same-origin": to other sites it
    sends nothing either.
    """
    if view_class is None:
        return lambda decorated: private_page(decorated, referrer=referrer)

    def keep_private(view):
        def answer(request, *args, **kwargs):
            response = view(request, *args, **kwargs)
            add_never_cache_headers(response)
            response["Referrer-Policy"] = referrer
            response["X-Robots-Tag"] = "noindex"
            return response

        return answer

    return method_decorator(keep_private, name="dispatch")(view_class)


class PrivatePathsMiddleware:
    """Forbids every browser and proxy to store what lies below ``settings.PRIVATE_PATHS``.

    Errors and redirects included: after signing out, Back shows nothing of the account. What is not
    found there is noted in the security log, as it may be somebody else's.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path.startswith(settings.PRIVATE_PATHS):
            response["Cache-Control"] = "private, no-store"
            if response.status_code == 404 and request.resolver_match is not None:
                note_missing(request)
        if request.method == "POST" and request.path in settings.SIGN_OUT_PATHS:
            response["Clear-Site-Data"] = '"cache"'
        return response
