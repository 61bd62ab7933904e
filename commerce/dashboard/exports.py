"""Exports in the dashboard, streamed as CSV or XLSX. Those with personal data are logged."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from commerce.accounts.reauthentication import require_recent_sign_in
from commerce.actor import address_of
from commerce.audit.security import log_security_event
from commerce.dashboard.imports import PERSONAL, csv_lines
from commerce.dashboard.staff_views import StaffPage
from commerce.decorators import private_page
from commerce.imports.exporting import EXPORTS, as_xlsx, neutral
from commerce.models import AuditEntry, ImportRun

#: The permission to see what an export contains.
PERMISSIONS = {
    "products": ("catalogue.view_product", "partner.view_stockrecord"),
    "stock": ("partner.view_stockrecord",),
    "customers": ("commerce.view_user", "commerce.change_user"),
    "orders": ("order.view_order", "order.change_order"),
    "reviews": ("reviews.view_productreview", "commerce.view_user"),
    "vouchers": ("voucher.view_voucher", "voucher.view_voucherset"),
    "redirects": ("wagtailredirects.view_redirect",),
}
FORMATS = {"plain": _("Plain"), "shopify": "Shopify"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@private_page
class ExportListView(StaffPage, TemplateView):
    """What can be exported."""

    template_name = "oscar/dashboard/imports/exports.html"
    http_method_names = ["get", "head"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        labels = dict(ImportRun.Kind.choices)
        found = [
            (kind, format_, labels[kind], FORMATS[format_])
            for kind, format_ in EXPORTS
            if self.request.user.has_perms(PERMISSIONS[kind])
        ]
        return super().get_context_data(exports=found, **kwargs)


@private_page
class ExportView(StaffPage, View):
    """One export as a file."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, kind: str, format: str, ending: str) -> HttpResponseBase:
        rows = EXPORTS.get((kind, format))
        if rows is None or ending not in ("csv", "xlsx"):
            raise Http404
        if not request.user.has_perms(PERMISSIONS[kind]):
            raise PermissionDenied
        if kind in (*PERSONAL, "reviews", "vouchers"):
            require_recent_sign_in(request)
            log_security_event(
                AuditEntry.Act.EXPORTED,
                about=str(dict(ImportRun.Kind.choices)[kind]),
                object_id="",
                user=request.user,
                address=address_of(request),
            )
        name = f"{kind}-{format}.{ending}"
        if ending == "xlsx":
            return FileResponse(
                as_xlsx(rows()), as_attachment=True, filename=name, content_type=XLSX
            )
        response = StreamingHttpResponse(csv_lines(neutral(rows())), content_type="text/csv")
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
