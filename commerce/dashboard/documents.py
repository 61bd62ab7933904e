"""Documents for staff (rows in commerce.dashboard.permission_table)."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views import generic
from oscar.core.loading import get_model

from commerce.decorators import private_page
from commerce.documents.issuing import draft_packing_slip
from commerce.models import CommercialDocument
from commerce.orders.provision import parcel_units_left
from commerce.storefront.documents import pdf_answer


@private_page
class StaffDocumentView(generic.View):
    """Any document, for staff who may see orders."""

    def get(self, request: HttpRequest, order: str, number: str) -> HttpResponse:
        document = get_object_or_404(CommercialDocument, order__number=order, number=number)
        return pdf_answer(document.facts, document.file_name)


@private_page
class PackingListView(generic.View):
    """A packing slip of all unsent items in parcels, before dispatch. It has no number."""

    def get(self, request: HttpRequest, order: str) -> HttpResponse:
        order = get_object_or_404(get_model("order", "Order"), number=order)
        left = parcel_units_left(order)
        if not left:
            raise Http404
        items = [(line, left[line.pk]) for line in order.lines.filter(pk__in=left).order_by("pk")]
        return pdf_answer(draft_packing_slip(order, items), f"packing-slip-{order.number}.pdf")
