"""Oscar's event handler, delegating to the order pipeline."""

from django.db import connection
from django.utils.translation import gettext as _
from oscar.apps.order.abstract_models import AbstractOrder
from oscar.apps.order.exceptions import InvalidOrderStatus
from oscar.apps.order.processing import EventHandler as OscarEventHandler

from commerce.exceptions import IllegalMove, OutOfStock
from commerce.orders.pipeline import move_order
from commerce.transactions import retry_transient


class EventHandler(OscarEventHandler):
    """Changes statuses through commerce.orders.pipeline, like every other caller."""

    def handle_order_status_change(
        self, order: AbstractOrder, new_status: str, note_msg: str | None = None
    ) -> None:
        try:
            # Settling a payment locks in the opposite order, so the loser of a deadlock retries.
            move = move_order if connection.in_atomic_block else retry_transient(move_order)
            move(order.pk, new_status, note=note_msg or "", user=self.user)
        except IllegalMove as error:
            raise InvalidOrderStatus(str(error)) from error
        except OutOfStock as error:
            text = _("Not enough stock for the order: %(what)s.")
            raise InvalidOrderStatus(text % {"what": error}) from error
        order.refresh_from_db()
