"""An order after it was placed: its number, its statuses, and the effects of changing them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from oscar.apps.order.abstract_models import AbstractOrder
from oscar.apps.order.exceptions import InvalidOrderStatus
from oscar.core.loading import get_model

from commerce.audit.order_history import record_status_change
from commerce.digital.gift_cards import void_gift_cards
from commerce.exceptions import IllegalMove
from commerce.index.refresh import refresh_listings_task
from commerce.models import OrderLinePart, Shipment, User
from commerce.order_statuses import (
    CANCELLED,
    DELIVERED,
    PACKING,
    PART_SHIPPED,
    PENDING,
    REFUNDED,
    SHIPPED,
)
from commerce.orders.discount_uses import release_discounts
from commerce.orders.mails import queue_cancelled_notice
from commerce.orders.reservations import release_stock
from commerce.shop_settings.current import current_shop
from commerce.shop_values.readable_codes import readable_code
from commerce.stock.bundles import units_from_stock
from commerce.stock.history import Cause
from commerce.transactions import enqueue_or_run_on_commit

#: Set only by dispatching parcels (commerce.orders.shipments).
BY_DISPATCH = (PART_SHIPPED, SHIPPED)
#: Set by staff. Payments, parcels and returns have actions of their own.
BY_HAND = (PACKING, DELIVERED, CANCELLED)
#: Names of Oscar's shipping event types: sent in a parcel, or provided without one.
SENT, PROVIDED = HANDED_OVER = ("Shipped", "Provided")
HANDED_OVER_TEXT = gettext_lazy(
    "The customer has part of this order already. Cancel the unsent items and refund them instead."
)
#: Reaching one of these returns unsent units to stock.
RELEASING = (CANCELLED, REFUNDED)

CancellationStep = Callable[["AbstractOrder", User | None], None]
#: Functions called with ``(order, user)`` in the transaction that cancels an order.
CANCELLATION_STEPS: list[CancellationStep] = []


def on_cancellation(function: CancellationStep) -> CancellationStep:
    """Register a function to call when an order is cancelled (see ``CANCELLATION_STEPS``)."""
    CANCELLATION_STEPS.append(function)
    return function


def new_order_number() -> str:
    """The shop's prefix and a random number, which reveals neither volume nor other numbers.

    There are 31**8; a unique column refuses the rare duplicate.
    """
    return f"{current_shop().order_number_prefix}{readable_code(8)}"


def _example_number() -> str:
    return f"{current_shop().order_number_prefix}7K2P9XQD"


#: An order number as forms show it, evaluated when it is shown.
example_number = lazy(_example_number, str)


def lock_order(order_id: int) -> AbstractOrder:
    """The order, locked. Needs an open transaction; orders come last in the lock order."""
    return get_model("order", "Order").objects.select_for_update().get(pk=order_id)


def allocated_units(order: AbstractOrder) -> dict[int, int]:
    """The units allocated to an order's lines, bundles as their parts: ``{stockrecord_id: units}``."""
    lines = list(order.lines.filter(num_allocated__gt=0))
    return units_from_stock(lines, {line.pk: line.num_allocated for line in lines})


def move_order(
    order_id: int, status: str, *, note: str = "", user: User | None = None
) -> AbstractOrder:
    """Change an order's status with all its effects, in one transaction.

    Cancelling and refunding return unsent units to stock; cancelling also undoes uses of vouchers
    and offers. Does nothing if the order already has the status. Raises IllegalMove, without any
    change, for a step the pipeline doesn't have and for the statuses set by parcels. Locks the
    stock records by key, then the order, then the attempt, vouchers and offers of a cancelled order.
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
        if status == CANCELLED and has_handed_over(order):
            raise IllegalMove(HANDED_OVER_TEXT)
        was_paid = order.status != PENDING
        set_status(order, status, why=note, user=user)
        if status == CANCELLED:
            for step in CANCELLATION_STEPS:
                step(order, user)
        if status in RELEASING:
            order.lines.update(num_allocated=0)
            void_gift_cards(order)
        if status == CANCELLED:
            release_discounts(order)
            if was_paid:  # Customers who didn't pay need no notice.
                queue_cancelled_notice(order)
        if status == DELIVERED:
            parcels = Shipment.objects.filter(event__order=order, delivered_at=None)
            parcels.update(delivered_at=timezone.now())
        if note:
            order.notes.create(message=note, user=user, note_type="System")
        return order


def has_handed_over(order: AbstractOrder) -> bool:
    """Whether the customer has any of the items: sent in a parcel, or provided without one."""
    return order.shipping_events.filter(event_type__name__in=HANDED_OVER).exists()


def check_unchanged(order: AbstractOrder, units: dict[int, int]) -> None:
    """Raise IllegalMove if a locked order's allocation is not ``units``, read before the lock."""
    if allocated_units(order) != units:
        raise IllegalMove(_("Someone else changed this order at the same time. Please try again."))


def count_purchases(order: AbstractOrder) -> None:
    """Count the units of a paid order per variant and product; lists are sorted by them."""
    units: defaultdict[int, int] = defaultdict(int)
    for line in order.lines.exclude(product=None).select_related("product"):
        units[line.product_id] += line.quantity
        if line.product.parent_id:
            units[line.product.parent_id] += line.quantity
    ProductRecord = get_model("analytics", "ProductRecord")
    for pk, count in sorted(units.items()):
        ProductRecord.objects.get_or_create(product_id=pk)
        ProductRecord.objects.filter(product_id=pk).update(num_purchases=F("num_purchases") + count)
    enqueue_or_run_on_commit(refresh_listings_task, sorted(units), prices_only=True)


def moves_for_staff(order: AbstractOrder) -> tuple[str, ...]:
    """The statuses that staff may set.

    None for a pending order: the gateway reports its payment, and it expires automatically, which
    has to begin at the gateway (docs/payments.md).
    """
    if order.status == PENDING:
        return ()
    moves = tuple(status for status in order.available_statuses() if status in BY_HAND)
    if CANCELLED in moves and has_handed_over(order):
        return tuple(status for status in moves if status != CANCELLED)
    return moves


def refusal_for_staff(order: AbstractOrder, status: str) -> str:
    """Why staff may not set this status, as a sentence; "" if they may."""
    if status in moves_for_staff(order):
        return ""
    if order.status == PENDING:
        return _("Order %(number)s is awaiting payment. Its status updates automatically.") % {
            "number": order.number
        }
    if status == CANCELLED and has_handed_over(order):
        return str(HANDED_OVER_TEXT)
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
    """Set the status of a locked order and its lines, and record who did it and why.

    Raises IllegalMove if the pipeline doesn't have this step. Does nothing if the order already has
    the status.
    """
    # Recorded first: the receiver of Oscar's status change adds a missing row.
    if status != order.status and status in order.available_statuses():
        record_status_change(order, order.status, status, user=user, why=why)
    try:
        order.set_status(status)
    except InvalidOrderStatus as error:
        raise IllegalMove(str(error)) from error


def units_held(stockrecord_ids: Iterable[int] | None = None) -> dict[int, int]:
    """Units allocated to open order lines, ``{stockrecord_id: units}``: the source of truth for I1."""
    lines = get_model("order", "Line").objects.filter(num_allocated__gt=0, parts=None)
    parts = OrderLinePart.objects.filter(line__num_allocated__gt=0)
    if stockrecord_ids is not None:
        lines = lines.filter(stockrecord__in=stockrecord_ids)
        parts = parts.filter(stockrecord__in=stockrecord_ids)
    of_parts = Sum(F("quantity") * F("line__num_allocated"))
    held: Counter[int] = Counter()
    for rows, units in ((lines, Sum("num_allocated")), (parts, of_parts)):
        counted = rows.values("stockrecord").annotate(units=units).order_by()
        held.update({row["stockrecord"]: row["units"] for row in counted})
    return dict(held)
