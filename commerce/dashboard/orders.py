"""Orders in the dashboard: the list, one order, and its delivery address."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from oscar.apps.dashboard.orders.views import OrderDetailView as OscarOrderDetailView
from oscar.apps.dashboard.orders.views import OrderListView as OscarOrderListView
from oscar.apps.dashboard.orders.views import (
    ShippingAddressUpdateView as OscarShippingAddressUpdateView,
)
from oscar.apps.order.abstract_models import AbstractOrder
from oscar.apps.order.exceptions import InvalidOrderStatus

from commerce.accounts.reauthentication import (
    require_recent_sign_in,
    require_recent_sign_in_over_limit,
)
from commerce.actor import signed_in_user
from commerce.audit.order_history import history_of, record_event
from commerce.dashboard.order_forms import (
    DispatchForm,
    OrderStatusForm,
    ProvideForm,
    ShippingAddressForm,
)
from commerce.dashboard.permission_table import CHANGE_ORDER, ORDER_ACTS
from commerce.digital.downloads import renew_download
from commerce.digital.gift_cards import change_recipient
from commerce.digital.summary import digital_goods_of
from commerce.documents.links import links_for_staff
from commerce.exceptions import AddressRefused, DispatchRefused
from commerce.models import Download, GiftCard, OrderEvent
from commerce.order_statuses import CANCELLED
from commerce.orders.pipeline import BY_HAND, refusal_for_staff
from commerce.orders.provision import provide
from commerce.orders.shipments import cancel_rest, mark_delivered, may_cancel_rest, parcels_of, ship
from commerce.orders.shipping_address import correct_address, refusal_of_address
from commerce.pricing.delivery import is_collected
from commerce.requests import parse_pk


def ask_before_cancelling(request: HttpRequest, orders: Iterable[AbstractOrder]) -> None:
    """Require a recent sign-in before orders of a large total are cancelled, which refunds them."""
    if request.POST.get("new_status", "").strip() == CANCELLED:
        require_recent_sign_in_over_limit(request, *(order.total_incl_tax for order in orders))


class OrderListView(OscarOrderListView):
    """Reports orders of the selection that can't change, and continues with the others."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # The statuses that staff may set for a selection.
        return {**super().get_context_data(**kwargs), "order_statuses": BY_HAND}

    def download_selected_orders(
        self, request: HttpRequest, orders: Iterable[AbstractOrder]
    ) -> HttpResponse:
        require_recent_sign_in(request)
        return super().download_selected_orders(request, orders)

    def change_order_statuses(
        self, request: HttpRequest, orders: Iterable[AbstractOrder]
    ) -> HttpResponse | None:
        if not request.user.has_perm(CHANGE_ORDER):
            raise PermissionDenied
        ask_before_cancelling(request, orders)
        return super().change_order_statuses(request, orders)

    def change_order_status(self, request: HttpRequest, order: AbstractOrder) -> None:
        refusal = refusal_for_staff(order, request.POST.get("new_status", "").strip())
        if refusal:
            return messages.error(request, refusal)
        try:
            return super().change_order_status(request, order)
        except InvalidOrderStatus as error:
            return messages.error(request, str(error))


class OrderDetailView(OscarOrderDetailView):
    """Changes whole orders.

    Changing single lines would leave their stock behind, and Oscar's payment events write rows
    without moving money.
    """

    order_actions = tuple(ORDER_ACTS)
    line_actions = ()

    def handle_order_action(
        self, request: HttpRequest, order: AbstractOrder, action: str
    ) -> HttpResponse:
        if action in ORDER_ACTS and not request.user.has_perm(ORDER_ACTS[action]):
            raise PermissionDenied
        return super().handle_order_action(request, order, action)

    def get_order_status_form(self) -> OrderStatusForm:
        """The form, with errors only if it was submitted and not another form of the page."""
        data = self.request.POST if "new_status" in self.request.POST else None
        return OrderStatusForm(order=self.object, data=data)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        order = self.object
        parcels = parcels_of(order)
        is_sent = not kwargs.setdefault("dispatch_form", DispatchForm(order)).is_collected
        kwargs.setdefault("provide_form", ProvideForm(order))
        return super().get_context_data(
            history=history_of(order),
            parcels=parcels,
            has_carriers=is_sent or any(not one.shipment.is_collection for one in parcels),
            documents=links_for_staff(order),
            digital=digital_goods_of(order),
            returns=order.returns.all(),
            withdrawals=order.withdrawals.all(),
            may_cancel_rest=may_cancel_rest(order),
            may_correct_address=not refusal_of_address(order),
            may={act: self.request.user.has_perm(asks) for act, asks in ORDER_ACTS.items()},
            **kwargs,
        )

    def dispatch_parcel(self, request: HttpRequest, order: AbstractOrder) -> HttpResponse:
        """Send the parcel of the form; typed data stays if it is refused."""
        form = DispatchForm(order, data=request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(dispatch_form=form))
        names = ("carrier", "tracking_number", "key")
        label = {name: form.cleaned_data[name] for name in names if name in form.cleaned_data}
        try:
            ship(order.pk, units=form.units(), user=signed_in_user(request), **label)
        except DispatchRefused as refusal:
            form.add_error(None, str(refusal))
            return self.render_to_response(self.get_context_data(dispatch_form=form))
        if form.is_collected:
            text = _("The items are ready to collect. We’ve emailed the customer.")
        else:
            text = _("Parcel dispatched. We’ve emailed the customer.")
        messages.success(request, text)
        return self.reload_page()

    def provide_units(self, request: HttpRequest, order: AbstractOrder) -> HttpResponse:
        """Provide the items of the form without a parcel; typed data stays if it is refused."""
        form = ProvideForm(order, data=request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(provide_form=form))
        try:
            provide(order.pk, form.units(), user=signed_in_user(request))
        except DispatchRefused as refusal:
            form.add_error(None, str(refusal))
            return self.render_to_response(self.get_context_data(provide_form=form))
        messages.success(request, _("The items are marked as provided."))
        return self.reload_page()

    def renew_download(self, request: HttpRequest, order: AbstractOrder) -> HttpResponse:
        """Allow a download as often and as long as after the purchase."""
        pk = parse_pk(request.POST.get("download", ""))
        if not Download.objects.filter(pk=pk, line__order=order).exists():
            return self.reload_page(error=_("This download is not part of the order."))
        with transaction.atomic():
            renew_download(pk)
            text = _("A download was opened again")
            record_event(order, OrderEvent.Kind.OTHER, text, user=signed_in_user(request))
        messages.success(request, _("The customer can download the file again."))
        return self.reload_page()

    def send_gift_card(self, request: HttpRequest, order: AbstractOrder) -> HttpResponse:
        """Correct the address of a gift card; one that was sent is sent again with a new code."""
        pk, email = parse_pk(request.POST.get("gift_card", "")), request.POST.get("email", "")
        if not GiftCard.objects.filter(pk=pk, line__order=order).exists():
            return self.reload_page(error=_("This gift card is not part of the order."))
        try:
            validate_email(email)
        except ValidationError:
            return self.reload_page(
                error=_("“%(email)s” is not an email address.") % {"email": email}
            )
        require_recent_sign_in(request)
        with transaction.atomic():
            change_recipient(pk, email)
            text = _("A gift card goes to another address, or was sent again")
            user = signed_in_user(request)
            record_event(order, OrderEvent.Kind.OTHER, text, user=user, reference=f"gift-card:{pk}")
        messages.success(request, _("The gift card is saved."))
        return self.reload_page()

    def mark_delivered(self, request: HttpRequest, order: AbstractOrder) -> HttpResponse:
        """Mark the chosen parcel as delivered."""
        try:
            mark_delivered(order.pk, parse_pk(request.POST.get("parcel", "")), user=request.user)
        except DispatchRefused as refusal:
            return self.reload_page(error=str(refusal))
        if is_collected(order):
            messages.success(request, _("The items are marked as collected."))
        else:
            messages.success(request, _("The parcel is marked as delivered."))
        return self.reload_page()

    def give_up_rest(self, request: HttpRequest, order: AbstractOrder) -> HttpResponse:
        """Cancel the unsent items."""
        reason = request.POST.get("reason", "").strip()
        if not reason:
            return self.reload_page(error=_("Give a reason for not sending the rest."))
        try:
            cancel_rest(order.pk, reason=reason[:500], user=request.user)
        except DispatchRefused as refusal:
            return self.reload_page(error=str(refusal))
        messages.success(request, _("Unsent items are back in stock."))
        return self.reload_page()

    def change_order_status(self, request: HttpRequest, order: AbstractOrder) -> HttpResponse:
        ask_before_cancelling(request, [order])
        refusal = refusal_for_staff(order, request.POST.get("new_status", "").strip())
        if refusal:
            return self.reload_page(error=refusal)
        return super().change_order_status(request, order)


class ShippingAddressUpdateView(OscarShippingAddressUpdateView):
    """Corrects the delivery address until the first parcel is sent (orders.shipping_address)."""

    form_class = ShippingAddressForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        order = self.get_object().order
        if refusal := refusal_of_address(order):
            messages.error(request, refusal)
            return redirect("dashboard:order-detail", number=order.number)
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Form) -> HttpResponse:
        try:
            correct_address(self.object.order.pk, form.cleaned_data, user=self.request.user)
        except AddressRefused as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        return HttpResponseRedirect(self.get_success_url())
