"""Uploaded photographs. Nothing else under ``MEDIA_ROOT`` has an address: an upload is never a page of ours."""

import posixpath

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.static import serve

#: Folders of photographs, and the endings that a browser shows. Documents leave by home.documents.
FOLDERS = ("images", "original_images", "categories", "avatar_images")
ENDINGS = ("avif", "gif", "jpeg", "jpg", "png", "webp")
ROUTE = rf"^media/(?P<path>(?:{'|'.join(FOLDERS)})/[^?]*\.(?i:{'|'.join(ENDINGS)}))$"
POLICY = "default-src 'none'; sandbox"
MONTH = 30 * 24 * 60 * 60


def serve_photograph(request: HttpRequest, path: str) -> HttpResponseBase:
    """A photograph from the disk. An image that changes gets another name, so browsers may keep it."""
    if path != posixpath.normpath(path):  # "images/../x" would leave the folder
        raise Http404
    try:
        response = serve(request, path, document_root=settings.MEDIA_ROOT)
    except OSError as error:  # a name that no file system takes
        raise Http404 from error
    response.headers["Cache-Control"] = f"public, max-age={MONTH}, immutable"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
