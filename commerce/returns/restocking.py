"""Returns refunded units to stock."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _
from oscar.apps.order.abstract_models import AbstractLine, AbstractOrder
from oscar.core.loading import get_model

from commerce.digital.downloads import end_downloads
from commerce.digital.gift_cards import end_gift_cards
from commerce.exceptions import IllegalMove
from commerce.models import ReturnRequest, User
from commerce.order_statuses import SHIPPED
from commerce.orders.pipeline import (
    allocated_units,
    check_unchanged,
    has_handed_over,
    lock_order,
    set_status,
)
from commerce.orders.reservations import consume_stock, release_stock, restock
from commerce.orders.shipments import (
    CAME_BACK,
    GIVEN_UP,
    SENDABLE,
    cancel_units,
    finish_if_delivered,
    quantities_of,
    units_to_send,
    write_event,
)
from commerce.returns.returns import units_received, units_returnable
from commerce.stock.bundles import units_from_stock
from commerce.stock.history import Cause


def take_units_back(
    order_id: int,
    units: dict[int, int],
    *,
    paid_before: dict[int, int],
    is_restocked: bool,
    user: User | None = None,
) -> AbstractOrder:
    """Take back ``{line_id: quantity}`` in the caller's transaction.

    Unsent units are no longer sent and return to stock; sent units are restocked. Without
    ``is_restocked`` the former are written off and the latter ignored. ``paid_before`` are the
    units of each line refunded earlier: units given up then, or received with a return, are in
    stock already and not restocked again. Locks the stock records by key, then the order. Raises
    IllegalMove if the order changed meanwhile.
    """
    with transaction.atomic():
        order = get_model("order", "Order").objects.get(pk=order_id)
        held, to_send = allocated_units(order), units_to_send(order)
        unsent = {pk: min(count, to_send.get(pk, 0)) for pk, count in units.items()}
        unsent = {pk: count for pk, count in unsent.items() if count}
        back = _units_from_outside(order, units, unsent, paid_before) if is_restocked else {}
        lines = list(order.lines.filter(pk__in=units))
        unheld = {line.pk: min(unsent.get(line.pk, 0), line.num_allocated) for line in lines}
        move = release_stock if is_restocked else consume_stock
        reason = _("refunded") if is_restocked else _("refunded, written off")
        cause = Cause(order=order.number, user=user, reason=reason)
        move(units_from_stock(lines, unheld), cause)
        restock(units_from_stock(lines, back), cause)
        order = lock_order(order_id)
        check_unchanged(order, held)
        is_same = units_to_send(order) == to_send
        if is_restocked:
            is_same &= _units_from_outside(order, units, unsent, paid_before) == back
        if not is_same:
            raise IllegalMove(
                _("Someone else changed this order at the same time. Please try again.")
            )
        if back:
            write_event(order, back, CAME_BACK)
        if unsent:
            cancel_units(order, unsent)
        _end_digital_goods(lines, units, paid_before)
        if unsent and not units_to_send(order) and has_handed_over(order):
            if order.status in SENDABLE:
                set_status(order, SHIPPED, user=user)
            finish_if_delivered(order, user=user)
    return order


def _end_digital_goods(
    lines: Iterable[AbstractLine], units: dict[int, int], paid_before: dict[int, int]
) -> None:
    """End the gift cards of refunded units, and the downloads of lines that are refunded whole."""
    lines = list(lines)
    refunded = {pk: count + paid_before.get(pk, 0) for pk, count in units.items()}
    end_gift_cards(lines, refunded)
    end_downloads([line.pk for line in lines if refunded[line.pk] >= line.quantity])


def _units_from_outside(
    order: AbstractOrder, units: dict[int, int], unsent: dict[int, int], paid_before: dict[int, int]
) -> dict[int, int]:
    """The sent units that this refund alone brings back.

    Refunds cover unsent units first, then units given up before, then sent units.
    """
    given_up = quantities_of(order, GIVEN_UP)
    paid_returns = units_received(order, ReturnRequest.State.REFUNDED)
    outside = units_returnable(order)
    back = {}
    for pk, count in units.items():
        paid = max(paid_before.get(pk, 0) - paid_returns[pk], 0)
        unpaid = max(given_up.get(pk, 0) - paid, 0)
        rest = count - unsent.get(pk, 0) - unpaid
        back[pk] = max(min(rest, outside.get(pk, 0)), 0)
    return {pk: count for pk, count in back.items() if count}
