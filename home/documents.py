"""Documents that editors upload: which kinds, and how they leave the site.

A document is data. It is downloaded, never shown as a page of ours: as an attachment, with a policy under
which nothing in it runs, after the privacy of its collection was asked.
"""

import filetype
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from wagtail.documents.forms import BaseDocumentForm
from wagtail.documents.views import serve as wagtail_views

POLICY = "default-src 'none'; sandbox"
#: What the beginning of a file says it is, by the ending that goes with it. Texts have no beginning.
TEXTS = {"csv", "txt"}
ARCHIVES = {"docx", "epub", "odp", "ods", "odt", "pptx", "xlsx", "zip"}


def check_document(file, ending: str) -> None:
    """Raises ValidationError where the content of a file is not what its ending says."""
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
            _("This file is not what its name says: its content is no %(ending)s document.")
            % {"ending": ending.upper()}
        )


def _check_text(start: bytes) -> None:
    if b"\0" in start:
        raise ValidationError(_("This file is not a text. Save it as plain text and try again."))


class DocumentForm(BaseDocumentForm):
    """Checks the content of a document beside its ending (``WAGTAILDOCS_EXTENSIONS``)."""

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file and "file" in self.changed_data:
            check_document(file, file.name.rpartition(".")[2].lower())
        return file


def serve_document(request: HttpRequest, document_id: int, name: str) -> HttpResponseBase:
    """A document to keep. Wagtail asks for the privacy of its collection (``before_serve_document``)."""
    response = wagtail_views.serve(request, document_id, name)
    if "Content-Disposition" not in response.headers:
        return response  # Not the document: a password is asked for, or the way to the door.
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    return response
