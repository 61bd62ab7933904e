from oscar.apps.dashboard.orders.forms import *
from oscar.apps.dashboard.orders.forms import OrderStatusForm as OscarOrderStatusForm

from commerce.orders import moves_for_staff


class OrderStatusForm(OscarOrderStatusForm):
    """Offers the moves that are for people to make."""

    def __init__(self, order, *args, **kwargs):
        super().__init__(order, *args, **kwargs)
        self.fields["new_status"].choices = [(move, move) for move in moves_for_staff(order)]
