"""Withdrawals in the dashboard: the list, and one statement with its actions."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import generic
from oscar.core.loading import get_model

from commerce.accounts.reauthentication import require_recent_sign_in_over_limit
from commerce.dashboard.staff_views import StaffPage, StateListMixin
from commerce.exceptions import WithdrawalRefused
from commerce.models import Withdrawal
from commerce.orders.link_requests import normal_number
from commerce.requests import parse_pk
from commerce.returns.withdrawals import (
    accept_withdrawal,
    is_cancellable,
    link_order,
    period_of,
    refuse_withdrawal,
    units_proposed,
)

State = Withdrawal.State


class WithdrawalListView(StateListMixin, generic.ListView):
    """The list; undecided statements by default."""

    states, waiting = State, (State.NEW,)
    queryset = Withdrawal.objects.select_related("order")
    template_name = "oscar/dashboard/withdrawals/list.html"
    http_method_names = ["get", "head"]


class WithdrawalDetailView(StaffPage, generic.TemplateView):
    """One statement as submitted; POST ``act`` links it to an order, accepts or refuses it."""

    template_name = "oscar/dashboard/withdrawals/detail.html"
    acts = ("link", "accept", "refuse")

    def get_withdrawal(self) -> Withdrawal:
        rows = Withdrawal.objects.select_related("order", "return_request", "decided_by")
        return get_object_or_404(rows, number=self.kwargs["number"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        withdrawal = self.get_withdrawal()
        order = withdrawal.order
        left = units_proposed(withdrawal) if withdrawal.state == State.NEW else {}
        lines = order.lines.filter(pk__in=left).order_by("pk") if order else ()
        numbers = get_model("order", "Order").objects.filter(
            number=normal_number(withdrawal.order_number)
        )
        return super().get_context_data(
            object=withdrawal,
            period=period_of(withdrawal),
            rows=[(line, left[line.pk]) for line in lines],
            will_cancel=bool(order and is_cancellable(order) and not withdrawal.items),
            is_known_number=not order and numbers.exists(),
            **kwargs,
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        withdrawal = self.get_withdrawal()
        act = request.POST.get("act", "")
        try:
            if act in self.acts:
                getattr(self, act)(withdrawal)
        except WithdrawalRefused as refusal:
            messages.error(request, str(refusal))
            return self.render_to_response(self.get_context_data(typed=request.POST))
        return redirect("staff-withdrawal", number=withdrawal.number)

    def link(self, withdrawal: Withdrawal) -> None:
        link_order(withdrawal.pk, self.request.POST.get("order_number", ""), user=self.request.user)
        messages.success(self.request, _("Linked to the order."))

    def accept(self, withdrawal: Withdrawal) -> None:
        if withdrawal.order is not None:
            require_recent_sign_in_over_limit(self.request, withdrawal.order.total_incl_tax)
        data = self.request.POST
        units = {
            pk: parse_pk(data.get(f"units_{pk}", "")) or 0 for pk in units_proposed(withdrawal)
        }
        accept_withdrawal(
            withdrawal.pk,
            units={pk: count for pk, count in units.items() if count},
            answer=data.get("words", "").strip()[:2000],
            user=self.request.user,
        )
        messages.success(self.request, _("Accepted. We’ve emailed the next steps to the customer."))

    def refuse(self, withdrawal: Withdrawal) -> None:
        words = self.request.POST.get("words", "").strip()
        if not words:
            raise WithdrawalRefused(_("Enter a reason for the customer."))
        refuse_withdrawal(withdrawal.pk, reason=words[:2000], user=self.request.user)
        messages.success(self.request, _("Refused. We’ve emailed the reason to the customer."))
