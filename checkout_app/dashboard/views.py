"""Dashboard views about payments. Each action calls one function of ``payments``."""

from decimal import Decimal
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from oscar.core.loading import get_model

from checkout_app.dashboard.forms import CaptureForm, ReceivedForm, RefundForm
from checkout_app.exceptions import (
    CaptureRefused,
    GatewayRefused,
    GatewayUnavailable,
    RefundRefused,
    ReviewRefused,
)
from checkout_app.gateways.transfer import (
    close_part_received,
    payment_details,
    record_received,
    record_sent,
)
from checkout_app.models import BankTransfer, PaymentAttempt, Progress, State, TransferRefund
from checkout_app.payments import captures, refunds, review, settle
from commerce.accounts.reauthentication import (
    require_recent_sign_in,
    require_recent_sign_in_over_limit,
)
from commerce.audit.order_history import record_event
from commerce.dashboard.staff_views import StaffPage
from commerce.exceptions import IllegalMove, OutOfStock, ReturnRefused
from commerce.models import OrderEvent, ReturnRequest, User
from commerce.money import CENT, format_money, from_minor, to_minor
from commerce.orders.mails import queue_transfer_request
from commerce.requests import parse_pk

#: Messages to staff about a refund they requested.
REFUND_NEWS = {
    Progress.DUE: gettext_lazy("%(amount)s is being refunded."),
    Progress.SENT: gettext_lazy("%(amount)s is on its way. The bank is processing it."),
    Progress.DONE: gettext_lazy("%(amount)s was refunded."),
    Progress.FAILED: gettext_lazy("%(amount)s couldn’t be refunded. See “Needs attention”."),
}


def staff_of(request: HttpRequest) -> User:
    """The member of staff, whom StaffPage has checked."""
    return cast(User, request.user)


def attempt_of(number: str) -> PaymentAttempt:
    """The latest attempt of an order. Raises Http404 without one."""
    order = get_object_or_404(get_model("order", "Order"), number=number)
    attempt = order.attempts.order_by("-pk").first()
    return attempt or get_object_or_404(PaymentAttempt, pk=None)


class RefundView(StaffPage, View):
    """Refund items, delivery or an amount. ``?return=`` fills in a received return."""

    permission = "checkout.add_refundrequest"

    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        return self.show(self.form(request, attempt_of(number)))

    def form(
        self, request: HttpRequest, attempt: PaymentAttempt, data: QueryDict | None = None
    ) -> RefundForm:
        """The form, filled in from ``?return=`` if that return was received and not refunded."""
        key = parse_pk(request.GET.get("return", "")) or 0
        waiting = ReturnRequest.objects.filter(
            order=attempt.order, state=ReturnRequest.State.RECEIVED
        )
        return RefundForm(data, attempt=attempt, returned=waiting.filter(pk=key).first())

    def show(self, form: RefundForm, status: int = 200) -> HttpResponse:
        attempt = form.attempt
        context = {
            "form": form,
            "order": attempt.order,
            "attempt": attempt,
            "left": attempt.money_left,
        }
        return render(self.request, "checkout/dashboard/refund.html", context, status=status)

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        attempt = attempt_of(number)
        form = self.form(request, attempt, request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        terms = form.terms()
        if refunds.is_large(attempt, terms, limit=settings.REFUND_REAUTH_OVER):
            require_recent_sign_in(request)
        try:
            refund = refunds.request_refund(attempt.pk, terms, user=staff_of(request))
        except (RefundRefused, ReturnRefused, IllegalMove, OutOfStock) as error:
            form.add_error(None, str(error))
            return self.show(form, status=422)
        refund.refresh_from_db()
        amount = {"amount": format_money(refund.amount, attempt.currency)}
        messages.success(request, REFUND_NEWS[Progress(refund.progress)] % amount)
        return redirect("dashboard:order-detail", number=number)


class CaptureView(StaffPage, View):
    """Capture an authorised payment."""

    permission = "checkout.add_capturerequest"
    http_method_names = ["post"]

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        attempt = attempt_of(number)
        form = CaptureForm(request.POST, attempt=attempt)
        if not form.is_valid():
            messages.error(request, _("Enter the amount to capture."))
        else:
            self.capture(request, attempt, form.cleaned_data)
        return redirect("dashboard:order-detail", number=number)

    def capture(self, request: HttpRequest, attempt: PaymentAttempt, data: dict[str, Any]) -> None:
        try:
            capture = captures.request_capture(
                attempt.pk, amount=data["amount"], key=data["key"], user=staff_of(request)
            )
            captures.send_captures(attempt)
        except CaptureRefused as error:
            messages.error(request, str(error))
            return
        except GatewayUnavailable:
            messages.warning(
                request, _("The payment provider isn’t responding. We’ll try again automatically.")
            )
            return
        capture.refresh_from_db()
        messages.info(
            request,
            _("%(amount)s: %(state)s %(why)s")
            % {
                "amount": capture.amount,
                "state": capture.get_progress_display(),
                "why": capture.last_error,
            },
        )


class SettleView(StaffPage, View):
    """Settle a payment and copy its refunds from the gateway."""

    permission = "checkout.view_paymentattempt"
    http_method_names = ["post"]

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        attempt = attempt_of(number)
        try:
            if attempt.intent_id:
                settle.settle(attempt.intent_id)
                refunds.mirror_refunds(attempt.intent_id)
            messages.info(request, _("The payment is up to date with the payment provider."))
        except (GatewayUnavailable, GatewayRefused) as error:
            messages.error(request, str(error))
        return redirect("dashboard:order-detail", number=number)


class AcceptView(StaffPage, View):
    """Confirm an order under review with the amount that arrived.

    Always requires a recent sign-in: it refunds a surplus and waives a missing amount.
    """

    permission = "checkout.add_refundrequest"
    http_method_names = ["post"]

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        require_recent_sign_in(request)
        try:
            review.accept_reviewed(attempt_of(number).pk, user=staff_of(request))
            messages.success(request, _("The order is confirmed with the amount received."))
        except ReviewRefused as error:
            messages.error(request, str(error))
        return redirect("dashboard:order-detail", number=number)


def amounts_of(transfer: BankTransfer) -> tuple[Decimal, Decimal, Decimal]:
    """A transfer's amount, the sum that arrived, and the missing sum (at least one minor unit)."""
    amount = from_minor(transfer.amount_minor, transfer.currency)
    arrived = from_minor(transfer.received_minor, transfer.currency)
    return amount, arrived, max(amount - arrived, CENT)


class TransfersView(StaffPage, View):
    """Pending transfers, and refunds that staff have to send."""

    permission = "checkout.view_banktransfer"

    def get(self, request: HttpRequest) -> HttpResponse:
        waiting = BankTransfer.objects.exclude(status=BankTransfer.Status.RECEIVED)
        attempts = PaymentAttempt.objects.select_related("order").in_bulk(
            list(waiting.values_list("reference", flat=True)), field_name="intent_id"
        )
        rows = [
            (row, attempts[row.reference], *amounts_of(row))
            for row in waiting.order_by("created_at")[:200]
            if row.reference in attempts
        ]
        back = TransferRefund.objects.filter(is_sent=False).select_related("transfer")
        due = [
            (row, row.transfer.metadata.get("order", ""), row.transfer.currency,
             from_minor(row.amount_minor, row.transfer.currency))
            for row in back.order_by("pk")[:200]
        ]  # fmt: skip
        context = {
            "waiting": [row for row in rows if row[1].is_open],
            "cancelled": [row for row in rows if row[1].state == State.RELEASED][-20:],
            "refunds": due,
            "may_act": request.user.has_perm("checkout.change_banktransfer"),
        }
        return render(request, "checkout/dashboard/transfers.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("checkout.change_banktransfer"):
            raise PermissionDenied
        if reference := request.POST.get("sent"):
            self.note_sent(request, reference)
        elif reference := request.POST.get("no_more"):
            is_noted = close_part_received(reference, user=staff_of(request))
            self.settle(request, reference, is_noted=is_noted)
        else:
            self.note_received(request, request.POST.get("received", ""))
        return redirect("payment-transfers")

    def note_sent(self, request: HttpRequest, reference: str) -> None:
        row = TransferRefund.objects.filter(reference=reference).select_related("transfer").first()
        if row is None or not record_sent(reference, user=staff_of(request)):
            messages.warning(request, _("Someone else has already done this."))
            return
        refunds.mirror_refunds(row.transfer.reference)
        messages.success(
            request, _("The refund is recorded as sent and the customer has been emailed.")
        )

    def note_received(self, request: HttpRequest, reference: str) -> None:
        row = BankTransfer.objects.filter(reference=reference).first()
        form = ReceivedForm(request.POST)
        if row is None or not form.is_valid():
            messages.error(request, _("Enter the amount as shown on the bank statement."))
            return
        try:
            minor = to_minor(form.cleaned_data["amount"], row.currency)
        except ValueError:
            messages.error(request, _("That amount has too many decimal places for the currency."))
            return
        attempt = PaymentAttempt.objects.filter(intent_id=reference).first()
        if attempt is not None and not attempt.is_open:  # It is refunded if the stock is gone.
            require_recent_sign_in_over_limit(request, form.cleaned_data["amount"])
        is_noted = record_received(
            reference,
            amount_minor=minor,
            before=form.cleaned_data["before"],
            user=staff_of(request),
        )
        self.settle(request, reference, is_noted=is_noted)

    def settle(self, request: HttpRequest, reference: str, *, is_noted: bool) -> None:
        """Settle the order with what was recorded, and email the customer if a part is missing."""
        if not is_noted:
            messages.warning(request, _("Someone else has already done this."))
            return
        attempt = settle.settle(reference)
        if attempt is None:  # a transfer without an order
            messages.warning(request, _("This transfer belongs to no order."))
            return
        if attempt.is_open:
            details = payment_details(attempt)
            arrived = format_money(details["arrived"], attempt.currency)
            missing = format_money(details["missing"], attempt.currency)
            text = _("Part payment received: %(arrived)s so far") % {"arrived": arrived}
            with transaction.atomic():
                record_event(attempt.order, OrderEvent.Kind.PAYMENT, text, user=staff_of(request))
                queue_transfer_request(attempt.order, details)
            text = _(
                "%(arrived)s has arrived so far and %(missing)s is missing. The customer has been "
                "emailed."
            )
            messages.success(request, text % {"arrived": arrived, "missing": missing})
            return
        text = _("Order %(number)s: %(state)s.") % {
            "number": attempt.order.number,
            "state": attempt.get_state_display(),
        }
        messages.success(request, text)
