"""Views of the dashboard's pages about money. Each act is one function of the payers' floor."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import AccessMixin
from django.core.exceptions import PermissionDenied
from django.db import transaction
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
from checkout_app.payments import captures, refunds, review
from checkout_app.payments import settle as payments
from commerce.accounts.reauthentication import require_recent_sign_in
from commerce.audit.order_history import note_event
from commerce.exceptions import IllegalMove, OutOfStock, ReturnRefused
from commerce.models import ReturnRequest
from commerce.money import CENT, format_money, from_minor, to_minor
from commerce.orders.mails import queue_transfer_request
from commerce.requests import key_in

#: What staff hear of a refund that they asked for.
REFUND_NEWS = {
    Progress.DUE: gettext_lazy("%(amount)s is being paid back."),
    Progress.SENT: gettext_lazy("%(amount)s is on its way; the bank is working on it."),
    Progress.DONE: gettext_lazy("%(amount)s was paid back."),
    Progress.FAILED: gettext_lazy("%(amount)s could not be paid back; see “Needs attention”."),
}


class StaffView(AccessMixin, View):
    """A page of the dashboard: for staff, with the permission that it names."""

    permission = ""

    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        if not (request.user.is_staff and request.user.has_perm(self.permission)):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


def attempt_of(number):
    """The last attempt of an order; 404 without one."""
    order = get_object_or_404(get_model("order", "Order"), number=number)
    attempt = order.attempts.order_by("-pk").first()
    return attempt or get_object_or_404(PaymentAttempt, pk=None)


class RefundView(StaffView):
    """Pay back pieces, delivery, or an amount. ``?return=`` fills in what came back."""

    permission = "checkout.add_refundrequest"

    def get(self, request, number):
        return self.show(self.form(request, attempt_of(number)))

    def form(self, request, attempt, data=None):
        """The form, filled in from ``?return=`` where that is a return which waits for its money."""
        key = key_in(request.GET.get("return", ""))
        waiting = ReturnRequest.objects.filter(
            order=attempt.order, state=ReturnRequest.State.RECEIVED
        )
        return RefundForm(data, attempt=attempt, returned=waiting.filter(pk=key).first())

    def show(self, form, status=200):
        attempt = form.attempt
        context = {
            "form": form,
            "order": attempt.order,
            "attempt": attempt,
            "left": attempt.money_left,
        }
        return render(self.request, "checkout/dashboard/refund.html", context, status=status)

    def post(self, request, number):
        attempt = attempt_of(number)
        form = self.form(request, attempt, request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        wanted = form.wanted()
        if refunds.is_large(attempt, wanted, limit=settings.REFUND_REAUTH_OVER):
            require_recent_sign_in(request)
        try:
            refund = refunds.request_refund(attempt.pk, wanted, user=request.user)
        except (RefundRefused, ReturnRefused, IllegalMove, OutOfStock) as error:
            form.add_error(None, str(error))
            return self.show(form, status=422)
        refund.refresh_from_db()
        amount = {"amount": format_money(refund.amount, attempt.currency)}
        messages.success(request, REFUND_NEWS[refund.progress] % amount)
        return redirect("dashboard:order-detail", number=number)


class CaptureView(StaffView):
    """Take money that the bank holds."""

    permission = "checkout.add_capturerequest"
    http_method_names = ["post"]

    def post(self, request, number):
        attempt = attempt_of(number)
        form = CaptureForm(request.POST, attempt=attempt)
        if not form.is_valid():
            messages.error(request, _("Type how much is to be taken."))
        else:
            self.take(request, attempt, form.cleaned_data)
        return redirect("dashboard:order-detail", number=number)

    def take(self, request, attempt, data):
        try:
            asked = captures.request_capture(
                attempt.pk, amount=data["amount"], key=data["key"], user=request.user
            )
            captures.send_captures(attempt)
        except CaptureRefused as error:
            messages.error(request, str(error))
            return
        except GatewayUnavailable:
            messages.warning(
                request, _("The payment service does not answer; it is asked again by itself.")
            )
            return
        asked.refresh_from_db()
        messages.info(
            request,
            _("%(amount)s: %(state)s %(why)s")
            % {
                "amount": asked.amount,
                "state": asked.get_progress_display(),
                "why": asked.last_error,
            },
        )


class SettleView(StaffView):
    """Ask the gateway what became of a payment, its refunds and disputes."""

    permission = "checkout.view_paymentattempt"
    http_method_names = ["post"]

    def post(self, request, number):
        attempt = attempt_of(number)
        try:
            if attempt.intent_id:
                payments.settle(attempt.intent_id)
                refunds.mirror_refunds(attempt.intent_id)
            messages.info(request, _("The payment service was asked."))
        except (GatewayUnavailable, GatewayRefused) as error:
            messages.error(request, str(error))
        return redirect("dashboard:order-detail", number=number)


class AcceptView(StaffView):
    """Let an order under review stand, with what arrived."""

    permission = "checkout.add_refundrequest"
    http_method_names = ["post"]

    def post(self, request, number):
        try:
            review.accept_reviewed(attempt_of(number).pk, user=request.user)
            messages.success(request, _("The order stands with what arrived."))
        except ReviewRefused as error:
            messages.error(request, str(error))
        return redirect("dashboard:order-detail", number=number)


def amounts_of(transfer):
    """What a transfer is for, what of it arrived, and what is missing."""
    amount = from_minor(transfer.amount_minor, transfer.currency)
    arrived = from_minor(transfer.received_minor, transfer.currency)
    return amount, arrived, max(amount - arrived, CENT)


class TransfersView(StaffView):
    """Transfers that are waited for, and refunds that somebody has to send."""

    permission = "checkout.view_banktransfer"

    def get(self, request):
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
            "given_up": [row for row in rows if row[1].state == State.RELEASED][-20:],
            "refunds": due,
            "may_act": request.user.has_perm("checkout.change_banktransfer"),
        }
        return render(request, "checkout/dashboard/transfers.html", context)

    def post(self, request):
        if not request.user.has_perm("checkout.change_banktransfer"):
            raise PermissionDenied
        if reference := request.POST.get("sent"):
            self.note_sent(request, reference)
        elif reference := request.POST.get("no_more"):
            is_noted = close_part_received(reference, user=request.user)
            self.settle(request, reference, is_noted=is_noted)
        else:
            self.note_received(request, request.POST.get("received", ""))
        return redirect("payment-transfers")

    def note_sent(self, request, reference):
        row = TransferRefund.objects.filter(reference=reference).select_related("transfer").first()
        if row is None or not record_sent(reference, user=request.user):
            messages.warning(request, _("Somebody else has seen to it already."))
            return
        refunds.mirror_refunds(row.transfer.reference)
        messages.success(request, _("The refund is noted as sent, and the customer is told."))

    def note_received(self, request, reference):
        row = BankTransfer.objects.filter(reference=reference).first()
        form = ReceivedForm(request.POST)
        if row is None or not form.is_valid():
            messages.error(request, _("Type the amount as the statement has it."))
            return
        try:
            minor = to_minor(form.cleaned_data["amount"], row.currency)
        except ValueError:
            messages.error(request, _("The currency has no such small amounts."))
            return
        is_noted = record_received(
            reference, amount_minor=minor, before=form.cleaned_data["before"], user=request.user
        )
        self.settle(request, reference, is_noted=is_noted)

    def settle(self, request, reference, *, is_noted):
        """Bring the order to what was noted, and tell the customer where a part is missing."""
        if not is_noted:
            messages.warning(request, _("Somebody else has seen to it already."))
            return
        attempt = payments.settle(reference)
        if attempt.is_open:
            details = payment_details(attempt)
            arrived = format_money(details["arrived"], attempt.currency)
            missing = format_money(details["missing"], attempt.currency)
            text = _("A part arrived: %(arrived)s so far") % {"arrived": arrived}
            with transaction.atomic():
                note_event(attempt.order, "payment", text, user=request.user)
                queue_transfer_request(attempt.order, details)
            text = _("%(arrived)s arrived so far, %(missing)s is missing; the customer is told.")
            messages.success(request, text % {"arrived": arrived, "missing": missing})
            return
        text = _("Order %(number)s: %(state)s.") % {
            "number": attempt.order.number,
            "state": attempt.get_state_display(),
        }
        messages.success(request, text)
