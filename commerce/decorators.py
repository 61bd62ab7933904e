"""A decorator for pages of one person: not cached, not indexed, and without referrer leaks."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator


def private_page(view_class: Any = None, *, referrer: str = "same-origin") -> Any:
    """Make the responses of a view class private; its URL may contain a secret.

    With the policy "no-referrer" browsers submit forms with a null origin, which CSRF protection
    refuses. So pages with forms use "same-origin", which also sends nothing to other sites.
    """
    if view_class is None:
        return lambda decorated: private_page(decorated, referrer=referrer)

    def make_private(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = view(request, *args, **kwargs)
            add_never_cache_headers(response)
            response["Referrer-Policy"] = referrer
            response["X-Robots-Tag"] = "noindex"
            return response

        return answer

    return method_decorator(make_private, name="dispatch")(view_class)
