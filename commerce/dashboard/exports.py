"""Exports in the dashboard, streamed as CSV or XLSX. Those with personal data are logged."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from commerce.dashboard.imports import csv_lines, require_leave_to_export
from commerce.dashboard.staff_views import StaffPage
from commerce.decorators import private_page
from commerce.imports.exporting import ExportError, as_xlsx, neutral
from commerce.imports.kinds.base import exports, kinds
from commerce.models import ImportRun

FORMATS = {"plain": _("Plain"), "shopify": "Shopify"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@private_page
class ExportListView(StaffPage, TemplateView):
    """What can be exported."""

    template_name = "oscar/dashboard/imports/exports.html"
    http_method_names = ["get", "head"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        labels = dict(ImportRun.Kind.choices)
        allowed = [
            kind
            for kind in kinds().values()
            if kind.exports() and self.request.user.has_perms(kind.export_permissions)
        ]
        found = [
            (kind.name, format_, labels[kind.name], FORMATS[format_])
            for kind in allowed
            for format_ in kind.exports()
        ]
        left_out = [(labels[kind.name], names) for kind in allowed if (names := kind.left_out())]
        return super().get_context_data(exports=found, left_out=left_out, **kwargs)


@private_page
class ExportView(StaffPage, View):
    """One export as a file."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, kind: str, format: str, ending: str) -> HttpResponseBase:
        rows = exports().get((kind, format))
        if rows is None or ending not in ("csv", "xlsx"):
            raise Http404
        if not request.user.has_perms(kinds()[kind].export_permissions):
            raise PermissionDenied
        require_leave_to_export(request, kind)
        name = f"{kind}-{format}.{ending}"
        if ending == "xlsx":
            try:
                file = as_xlsx(rows())
            except ExportError as error:
                return ExportListView.as_view()(request, error=str(error))
            return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)
        response = StreamingHttpResponse(csv_lines(neutral(rows())), content_type="text/csv")
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
