"""Documents that editors upload: allowed types, and how they are served.

Browsers download documents and never show them as pages of the site: they are served as attachments, with
a policy that blocks scripts. Wagtail first checks the privacy of the document's collection.
"""

import filetype
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from wagtail.documents.forms import BaseDocumentForm
from wagtail.documents.views import serve as wagtail_views

POLICY = "default-src 'none'; sandbox"
#: Text files have no signature from which their type could be told.
TEXTS = {"csv", "txt"}
#: Zip-based formats, which ``filetype`` cannot always tell apart.
ARCHIVES = {"docx", "epub", "odp", "ods", "odt", "pptx", "xlsx", "zip"}


def check_document(file: UploadedFile, ending: str) -> None:
    """Raise ValidationError if the content of the file does not match its ending."""
    position = file.tell()
    file.seek(0)
    start = file.read(8192)
    file.seek(position)
    if ending in TEXTS:
        _check_text(start)
        return
    kind = filetype.guess(start)
    found = kind.extension if kind else ""
    is_archive = ending in ARCHIVES and found in ARCHIVES
    if found != ending and not is_archive:
        raise ValidationError(
            _("The content of this file does not match its name: it is not a %(ending)s document.")
            % {"ending": ending.upper()}
        )


def _check_text(start: bytes) -> None:
    if b"\0" in start:
        raise ValidationError(
            _("This file is not plain text. Save it as plain text and try again.")
        )


class DocumentForm(BaseDocumentForm):
    """Checks the content of a document; Wagtail checks its ending (``WAGTAILDOCS_EXTENSIONS``)."""

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if file and "file" in self.changed_data:
            check_document(file, file.name.rpartition(".")[2].lower())
        return file


def serve_document(request: HttpRequest, document_id: int, name: str) -> HttpResponseBase:
    """Serve a document as a download. Wagtail checks its collection's privacy first."""
    response = wagtail_views.serve(request, document_id, name)
    if "Content-Disposition" not in response.headers:
        return response  # Not the document but a password form or a redirect to sign in.
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    return response
