"""Pages for one person: not kept anywhere, not listed, and their addresses told to nobody."""

from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator


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
