"""Serves uploaded photographs. No other file below ``MEDIA_ROOT`` has a URL."""

import posixpath

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.static import serve

#: Folders and file endings of photographs. home.documents serves documents.
FOLDERS = ("images", "original_images", "categories", "avatar_images")
ENDINGS = ("avif", "gif", "jpeg", "jpg", "png", "webp")
ROUTE = rf"^media/(?P<path>(?:{'|'.join(FOLDERS)})/[^?]*\.(?i:{'|'.join(ENDINGS)}))$"
POLICY = "default-src 'none'; sandbox"
MONTH = 30 * 24 * 60 * 60


def serve_photograph(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serve a photograph. A changed image gets a new name, so browsers may cache it. Raises Http404."""
    if path != posixpath.normpath(path):  # such as "images/../x", which would leave the folder
        raise Http404
    try:
        response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    except OSError as error:  # a name that is invalid for the file system
        raise Http404 from error
    response.headers["Cache-Control"] = f"public, max-age={MONTH}, immutable"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
