"""Downloads of documents: for the account that ordered, or by a guest's link."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views import generic
from oscar.apps.order.abstract_models import AbstractOrder
from oscar.core.loading import get_model

from commerce.decorators import private_page
from commerce.documents.issuing import FOR_CUSTOMERS
from commerce.documents.pdf import render
from commerce.models import CommercialDocument
from commerce.orders.guest_links import order_by_token
from commerce.storefront.guest_orders import refuse_link


def pdf_answer(facts: dict[str, Any], file_name: str) -> HttpResponse:
    """A PDF as a private download that proxies don't store."""
    answer = HttpResponse(render(facts), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{file_name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _answer_to_customer(order: AbstractOrder, number: str) -> HttpResponse:
    document = get_object_or_404(
        CommercialDocument, order=order, number=number, kind__in=FOR_CUSTOMERS
    )
    return pdf_answer(document.facts, document.file_name)


@private_page
class OrderDocumentView(LoginRequiredMixin, generic.View):
    """An invoice or credit note for the account that ordered."""

    def get(self, request: HttpRequest, order: str, number: str) -> HttpResponse:
        orders = get_model("order", "Order").objects
        return _answer_to_customer(
            get_object_or_404(orders, user=request.user, number=order), number
        )


@private_page(referrer="no-referrer")
class GuestDocumentView(generic.View):
    """The same for anyone with the order's link; an order of an account requires signing in."""

    def get(self, request: HttpRequest, token: str, number: str) -> HttpResponse:
        order = order_by_token(token)
        if order is None:
            return refuse_link(request)
        if order.user_id:
            raise Http404
        return _answer_to_customer(order, number)
