"""The life of an order after it was placed: its number, its pipeline, and what a move entails."""

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable

from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _
from oscar.apps.order.abstract_models import AbstractOrder
from oscar.apps.order.exceptions import InvalidOrderStatus
from oscar.core.loading import get_model

from commerce.audit.order_history import record_status_change
from commerce.exceptions import IllegalMove
from commerce.index.refresh import refresh_listings_task
from commerce.models import Shipment, User
from commerce.order_statuses import (
    CANCELLED,
    DELIVERED,
    PACKING,
    PART_SHIPPED,
    PENDING,
    REFUNDED,
    SHIPPED,
)
from commerce.orders.mails import queue_cancelled_notice
from commerce.signals import offers_counted
from commerce.stock.availability import release_stock
from commerce.stock.history import Cause

#: Reached by sending parcels (commerce.orders.shipments) and in no other way.
BY_DISPATCH = (PART_SHIPPED, SHIPPED)
#: What people set by hand. Money, parcels and returns have acts of their own.
BY_HAND = (PACKING, DELIVERED, CANCELLED)
#: What has not left the house when an order gets here goes back on the shelf.
RELEASING = (CANCELLED, REFUNDED)

CancellationStep = Callable[["AbstractOrder", User | None], None]
#: Functions called with ``(order, user)`` in the transaction that cancels an order.
CANCELLATION_STEPS: list[CancellationStep] = []

#: Without 0/O, 1/I/L: an order number is read out on the telephone.
NUMBER_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def on_cancellation(function: CancellationStep) -> CancellationStep:
    """Register a function to call when an order is cancelled (see ``CANCELLATION_STEPS``)."""
    CANCELLATION_STEPS.append(function)
    return function


def new_order_number() -> str:
    """A random number such as "SM-7K2P9XQD"; it tells neither volume nor neighbours.

    31**8 of them; the unique column refuses the one in a trillion that is taken.
    """
    return "SM-" + "".join(secrets.choice(NUMBER_ALPHABET) for _position in range(8))


def lock_order(order_id: int) -> AbstractOrder:
    """The order, locked. Needs an open transaction; comes last in the lock order."""
    return get_model("order", "Order").objects.select_for_update().get(pk=order_id)


def allocated_units(order: AbstractOrder) -> dict[int, int]:
    """What the order's lines hold in stock, ``{stockrecord_id: units}``."""
    units: defaultdict[int, int] = defaultdict(int)
    for line in order.lines.exclude(stockrecord=None):
        if line.num_allocated:
            units[line.stockrecord_id] += line.num_allocated
    return dict(units)


def move_order(
    order_id: int, status: str, *, note: str = "", user: User | None = None
) -> AbstractOrder:
    """Move an order along its pipeline, with everything the move entails, in one transaction.

    Cancelling and refunding give back the units that did not leave; cancelling gives back vouchers
    and offer counts too. Raises IllegalMove where the pipeline has no such way, and for the
    statuses that only parcels lead to; nothing changes then. An order that is there already stays
    as it is. Locks the stock records by key, then the order.
    """
    if status in BY_DISPATCH:
        raise IllegalMove(_("Dispatch the order’s parcels to mark it as shipped."))
    with transaction.atomic():
        order = get_model("order", "Order").objects.get(pk=order_id)
        units = allocated_units(order)
        if status in RELEASING:
            release_stock(units, Cause(order=order.number, user=user, reason=note))
        order = lock_order(order_id)
        check_unchanged(order, units)
        if order.status == status:
            return order
        was_paid = order.status != PENDING
        set_status(order, status, why=note, user=user)
        if status == CANCELLED:
            for step in CANCELLATION_STEPS:
                step(order, user)
        if status in RELEASING:
            order.lines.update(num_allocated=0)
        if status == CANCELLED:
            release_discounts(order)
            if was_paid:  # Who left before paying knows.
                queue_cancelled_notice(order)
        if status == DELIVERED:
            parcels = Shipment.objects.filter(event__order=order, delivered_at=None)
            parcels.update(delivered_at=timezone.now())
        if note:
            order.notes.create(message=note, user=user, note_type="System")
        return order


def check_unchanged(order: AbstractOrder, units: dict[int, int]) -> None:
    """Raises IllegalMove where a locked order holds other units than it did before the lock."""
    if allocated_units(order) != units:
        raise IllegalMove(_("Someone else changed this order at the same time. Please try again."))


def count_purchases(order: AbstractOrder) -> None:
    """Count what a paid order bought, for each variant and its product: lists are sorted by it."""
    units: defaultdict[int, int] = defaultdict(int)
    for line in order.lines.exclude(product=None).select_related("product"):
        units[line.product_id] += line.quantity
        if line.product.parent_id:
            units[line.product.parent_id] += line.quantity
    ProductRecord = get_model("analytics", "ProductRecord")
    for pk, count in sorted(units.items()):
        ProductRecord.objects.get_or_create(product_id=pk)
        ProductRecord.objects.filter(product_id=pk).update(num_purchases=F("num_purchases") + count)
    ids = sorted(units)
    transaction.on_commit(lambda: refresh_listings_task.enqueue(ids, is_sale=True))


def moves_for_staff(order: AbstractOrder) -> tuple[str, ...]:
    """The statuses to which people may move an order by hand.

    Not one that waits for its payment: it is paid when the gateway says so, and is released by
    itself, which has to begin at the gateway (docs/payments.md).
    """
    if order.status == PENDING:
        return ()
    return tuple(status for status in order.available_statuses() if status in BY_HAND)


def refusal_for_staff(order: AbstractOrder, status: str) -> str:
    """Why an order may not be moved so by a person, as a sentence; "" where it may."""
    if status in moves_for_staff(order):
        return ""
    if order.status == PENDING:
        return _("Order %(number)s is awaiting payment. Its status updates automatically.") % {
            "number": order.number
        }
    if status in BY_DISPATCH:
        return _("Dispatch the items of order %(number)s on its own page.") % {
            "number": order.number
        }
    return _("Order %(number)s is “%(old)s” and can’t become “%(new)s”.") % {
        "number": order.number,
        "old": order.status,
        "new": status or "–",
    }


def set_status(
    order: AbstractOrder, status: str, *, why: str = "", user: User | None = None
) -> None:
    """Set the status of a locked order and its lines; its history says who did it and why.

    Raises IllegalMove where the pipeline has no such step. Does nothing where the order already has
    the status.
    """
    old_status = order.status
    try:
        order.set_status(status)
    except InvalidOrderStatus as error:
        raise IllegalMove(str(error)) from error
    if order.status != old_status:
        record_status_change(order, old_status, status, user=user, why=why)


def release_discounts(order: AbstractOrder) -> None:
    """Undo what placing the order counted: voucher uses, then offer counts and their totals."""
    discounts = list(order.discounts.exclude(offer_id=None).order_by("offer_id"))
    vouchers = get_model("voucher", "Voucher").objects
    applications = get_model("voucher", "VoucherApplication").objects.filter(order=order)
    for voucher_id in applications.order_by("voucher_id").values_list("voucher_id", flat=True):
        given = sum(row.amount for row in discounts if row.voucher_id == voucher_id)
        vouchers.filter(pk=voucher_id).update(
            num_orders=Greatest(F("num_orders") - 1, 0), total_discount=F("total_discount") - given
        )
    applications.delete()
    for discount in discounts:
        get_model("offer", "ConditionalOffer").objects.filter(pk=discount.offer_id).update(
            num_applications=Greatest(F("num_applications") - (discount.frequency or 0), 0),
            num_orders=Greatest(F("num_orders") - 1, 0),
            total_discount=F("total_discount") - discount.amount,
        )
    offers_counted.send(sender=None, offer_ids=[discount.offer_id for discount in discounts])


def units_held(stockrecord_ids: Iterable[int] | None = None) -> dict[int, int]:
    """Units that open order lines hold, ``{stockrecord_id: units}``: the truth behind I1."""
    lines = get_model("order", "Line").objects.filter(num_allocated__gt=0)
    if stockrecord_ids is not None:
        lines = lines.filter(stockrecord__in=stockrecord_ids)
    rows = lines.values("stockrecord_id").annotate(units=Sum("num_allocated"))
    return {row["stockrecord_id"]: row["units"] for row in rows}
