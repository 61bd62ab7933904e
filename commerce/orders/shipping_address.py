"""Corrects an order's delivery address until the first parcel is sent."""

from django.db import transaction
from django.utils.translation import gettext as _
from oscar.apps.order.abstract_models import AbstractOrder
from oscar.core.loading import get_model

from commerce.audit.log import record_change
from commerce.audit.order_history import record_event
from commerce.exceptions import AddressRefused
from commerce.models import OrderEvent, User
from commerce.order_statuses import AUTHORISED, PACKING, PAID
from commerce.orders.pipeline import lock_order

#: The statuses in which an address may be corrected: paid, and nothing dispatched.
CORRECTABLE = (AUTHORISED, PAID, PACKING)


def refusal_of_address(order: AbstractOrder) -> str:
    """Why an order's delivery address can't be changed; "" if it can."""
    if order.status not in CORRECTABLE:
        return _("You can change the address only between payment and the first parcel.")
    if order.shipping_events.exists():
        return _("A parcel has been sent, so the address can’t be changed.")
    return ""


def correct_address(order_id: int, fields: dict[str, object], *, user: User | None) -> bool:
    """Change the delivery address. Returns whether anything differed.

    ``fields`` are values by the names of Oscar's ShippingAddress. The country can't change:
    delivery and tax were charged for it. Adds to the order's history and to the audit log in the
    same transaction. Locks the order. Raises AddressRefused with the reason.
    """
    with transaction.atomic():
        order = lock_order(order_id)
        if refusal := refusal_of_address(order):
            raise AddressRefused(refusal)
        address = get_model("order", "ShippingAddress").objects.get(order=order)
        before = {name: getattr(address, address._meta.get_field(name).attname) for name in fields}
        for name, value in fields.items():
            setattr(address, name, value)
        after = {name: getattr(address, address._meta.get_field(name).attname) for name in fields}
        if after.get("country", address.country_id) != before.get("country", address.country_id):
            raise AddressRefused(
                _("Delivery was charged for the country. Cancel the order to change it.")
            )
        changed = {name for name in fields if (before[name] or "") != (after[name] or "")}
        if not changed:
            return False
        address.save()
        record_change(
            address,
            {name: before[name] for name in changed},
            {name: after[name] for name in changed},
        )
        record_event(order, OrderEvent.Kind.OTHER, _("Delivery address changed"), user=user)
        return True
