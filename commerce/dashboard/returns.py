"""Returns in the dashboard: the list, and one return with its actions."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import generic

from commerce.dashboard.staff_views import StaffPage, StateListMixin
from commerce.exceptions import ReturnRefused
from commerce.models import ReturnLine, ReturnRequest
from commerce.requests import parse_pk
from commerce.returns.returns import (
    Received,
    approve_return,
    receive_return,
    refund_url,
    refuse_return,
)

State = ReturnRequest.State


class ReturnListView(StateListMixin, generic.ListView):
    """Open returns, latest first."""

    states, waiting = State, (State.REQUESTED, State.APPROVED, State.RECEIVED)
    queryset = ReturnRequest.objects.select_related("order").prefetch_related("lines__line")
    template_name = "oscar/dashboard/returns/list.html"
    http_method_names = ["get", "head"]


class ReturnDetailView(StaffPage, generic.TemplateView):
    """One return; POST ``act`` approves, refuses or receives it."""

    template_name = "oscar/dashboard/returns/detail.html"
    acts = ("approve", "refuse", "receive")

    def get_return(self) -> ReturnRequest:
        rows = ReturnRequest.objects.select_related("order").prefetch_related("lines__line")
        return get_object_or_404(rows, number=self.kwargs["number"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        request = self.get_return()
        user = self.request.user
        return super().get_context_data(
            object=request,
            conditions=ReturnLine.Condition.choices,
            may_refuse=request.state in (State.REQUESTED, State.APPROVED),
            refund_url=refund_url(request) if user.has_perm("order.view_order") else "",
            **kwargs,
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return_request = self.get_return()
        act = request.POST.get("act", "")
        try:
            if act in self.acts:
                getattr(self, act)(return_request)
        except ReturnRefused as refusal:
            messages.error(request, str(refusal))
            return self.render_to_response(self.get_context_data(typed=request.POST))
        return redirect("staff-return", number=return_request.number)

    def words(self, empty: str) -> str:
        """The text for the customer. Raises ReturnRefused with ``empty`` if there is none."""
        words = self.request.POST.get("words", "").strip()
        if not words:
            raise ReturnRefused(empty)
        return words[:2000]

    def approve(self, return_request: ReturnRequest) -> None:
        words = self.words(_("Enter the return instructions."))
        approve_return(return_request.pk, instructions=words, user=self.request.user)
        messages.success(
            self.request, _("Approved. We’ve emailed the instructions to the customer.")
        )

    def refuse(self, return_request: ReturnRequest) -> None:
        words = self.words(_("Enter a reason for the customer."))
        refuse_return(return_request.pk, reason=words, user=self.request.user)
        messages.success(self.request, _("Refused. We’ve emailed the reason to the customer."))

    def receive(self, return_request: ReturnRequest) -> None:
        receive_return(return_request.pk, self.received(return_request), user=self.request.user)
        messages.success(self.request, _("Received. Saleable items are back in stock."))

    def received(self, return_request: ReturnRequest) -> dict[int, Received]:
        """The received items of the form, by line of the return."""
        data = self.request.POST
        return {
            row.pk: Received(
                quantity=parse_pk(data.get(f"came_{row.pk}", "")) or 0,
                condition=data.get(f"condition_{row.pk}", ""),
                restock=data.get(f"restock_{row.pk}") == "on",
            )
            for row in return_request.lines.all()
        }
