"""The page of a paid download, for anyone with its link."""

import logging
import mimetypes
from http import HTTPStatus

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views import generic

from commerce.decorators import private_page
from commerce.digital.downloads import (
    DownloadStatus,
    count_download,
    download_by_token,
    status_of,
)
from commerce.models import Download
from commerce.storefront.guest_orders import refuse_link

logger = logging.getLogger(__name__)


@private_page
class DownloadView(generic.View):
    """Says what the link downloads and how often it still can; the button counts and sends it."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        download = download_by_token(token)
        if download is None:
            return refuse_link(request)
        return self.show(request, download)

    def show(
        self, request: HttpRequest, download: Download, status: int = HTTPStatus.OK
    ) -> HttpResponse:
        found = status_of(download)
        context = {
            "download": download,
            "order": download.line.order,
            "is_open": found is DownloadStatus.OPEN,
            "is_expired": found is DownloadStatus.EXPIRED,
            "is_used_up": found is DownloadStatus.USED_UP,
            "is_withheld": found is DownloadStatus.WITHHELD,
        }
        return render(request, "oscar/customer/download.html", context, status=status)

    def post(self, request: HttpRequest, token: str) -> HttpResponseBase:
        download = download_by_token(token)
        if download is None:
            return refuse_link(request)
        try:
            content = download.file.file.open("rb")
            content.read(1)  # a bucket is only asked now, and must not cost a download
            content.seek(0)
        except Exception:  # each storage has errors of its own
            logger.exception("the file of download %s cannot be read", download.pk)
            messages.error(request, _("This file can’t be read at the moment. Please try later."))
            return redirect("download", token=token)
        if not count_download(download):
            content.close()
            return self.show(request, download_by_token(token) or download, HTTPStatus.GONE)
        return _attachment(download, content)


def _attachment(download: Download, content: object) -> FileResponse:
    """The file as an attachment that browsers save and never run."""
    kind, _encoding = mimetypes.guess_type(download.file.name)
    response = FileResponse(
        content,
        as_attachment=True,
        filename=download.file.name,
        content_type=kind or "application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox"
    return response
