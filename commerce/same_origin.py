"""Forms on pages that everybody gets: they carry no token, so their sender is asked for instead.

A page that a cache gives to everybody cannot hold a secret of one browser. What a browser says of
where a request comes from, no other site can forge.
"""

from functools import wraps
from urllib.parse import urlsplit

from django.conf import settings
from django.views.csrf import csrf_failure
from django.views.decorators.csrf import csrf_exempt

#: What Sec-Fetch-Site says of a request from a page of ours, or from nobody but the visitor.
OURS = frozenset({"same-origin", "none"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_from_our_pages(request):
    """Whether a request was sent by a page of this site.

    ``Sec-Fetch-Site`` decides where the browser sends it, else the whole ``Origin``, else the
    ``Referer``. With none of them only a request without cookies passes, which acts for nobody.
    """
    if getattr(request, "_dont_enforce_csrf_checks", False):  # Django's test client
        return True
    site = request.META.get("HTTP_SEC_FETCH_SITE")
    if site is not None:
        return site in OURS
    for header in ("HTTP_ORIGIN", "HTTP_REFERER"):
        if header in request.META:
            return _origin_of(request.META[header]) in _origins(request)
    return not request.COOKIES


def _origin_of(address):
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _origins(request):
    return {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}


def same_origin_only(view):
    """A view whose forms carry no token: a POST from elsewhere is refused as one without its token is."""

    @csrf_exempt
    @wraps(view)
    def wrapper(request, *args, **kwargs):
        if request.method not in SAFE_METHODS and not is_from_our_pages(request):
            return csrf_failure(request, reason="The form was not sent from one of our pages.")
        return view(request, *args, **kwargs)

    return wrapper
