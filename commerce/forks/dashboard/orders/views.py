from django.contrib import messages
from django.core.exceptions import PermissionDenied
from oscar.apps.dashboard.orders.views import *
from oscar.apps.dashboard.orders.views import OrderDetailView as OscarOrderDetailView
from oscar.apps.dashboard.orders.views import OrderListView as OscarOrderListView
from oscar.apps.order.exceptions import InvalidOrderStatus

from commerce.orders import refusal_for_staff

CHANGE = "order.change_order"


class OrderListView(OscarOrderListView):
    """Says why an order of the selection stays where it is, and goes on with the others."""

    def change_order_statuses(self, request, orders):
        # Oscar asks for the permission to view, whatever is posted.
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        return super().change_order_statuses(request, orders)

    def change_order_status(self, request, order):
        refusal = refusal_for_staff(order, request.POST.get("new_status", "").strip())
        if refusal:
            return messages.error(request, refusal)
        try:
            return super().change_order_status(request, order)
        except InvalidOrderStatus as error:
            return messages.error(request, str(error))


class OrderDetailView(OscarOrderDetailView):
    """Moves whole orders. Lines move with their order: a line alone would leave its stock behind,
    and Oscar's payment events write rows without moving money."""

    order_actions = ("save_note", "delete_note", "change_order_status")
    line_actions = ()

    def post(self, request, *args, **kwargs):
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        return super().post(request, *args, **kwargs)

    def change_order_status(self, request, order):
        refusal = refusal_for_staff(order, request.POST.get("new_status", "").strip())
        if refusal:
            return self.reload_page(error=refusal)
        return super().change_order_status(request, order)
