"""Confirms an order once its payment is settled, and reopens a cancelled one for late money."""

from decimal import Decimal

from django.db import transaction

from checkout_app.models import PaymentAttempt, State
from checkout_app.payments.attempts import change_state, close, lock_order_of
from commerce.documents.issuing import issue_invoice
from commerce.exceptions import OutOfStock
from commerce.models import User
from commerce.order_statuses import AUTHORISED, CANCELLED, PAID, PENDING
from commerce.orders.discount_uses import DiscountUsedUp, count_discounts_again
from commerce.orders.mails import queue_order_confirmation
from commerce.orders.pipeline import count_purchases, move_order
from commerce.orders.provision import provide_soon
from commerce.orders.reservations import reserve_stock
from commerce.stock.availability import tracks_stock
from commerce.stock.bundles import units_from_stock
from commerce.stock.history import Cause
from commerce.stock.selling import DETAILS


def reopen_order(attempt: PaymentAttempt) -> bool:
    """Reopen a cancelled order whose money arrived late.

    Reserves its stock and counts its vouchers and offers again, as when it was placed. Returns
    False and changes nothing if any of them is no longer available. Locks the order, then stock,
    vouchers and offers; may deadlock with other writers (docs/payments.md, "Lock order").
    """
    order = lock_order_of(attempt)
    if order.status != CANCELLED:
        return False
    related = ("product__parent", *(f"product__{name}" for name in DETAILS))
    lines = [
        line
        for line in order.lines.exclude(stockrecord=None).select_related(*related)
        if line.product and tracks_stock(line.product)
    ]
    units = units_from_stock(lines, {line.pk: line.quantity for line in lines})
    try:
        with transaction.atomic():
            reserve_stock(units, Cause(order=order.number))
            count_discounts_again(order)
    except (OutOfStock, DiscountUsedUp):
        return False
    for line in order.lines.all():
        line.num_allocated = line.quantity if line in lines else 0
        line.status = PENDING
        line.save(update_fields=["num_allocated", "status"])
    order.status_changes.create(old_status=order.status, new_status=PENDING)
    order.status = PENDING
    order.save(update_fields=["status"])
    return True


def confirm_order(
    attempt: PaymentAttempt, state: State, *, taken: Decimal | None = None, user: User | None = None
) -> None:
    """Confirm the order in the caller's transaction: statuses, basket, mail, downloads, invoice.

    ``taken`` is the amount paid, if it may differ from the order's total.
    """
    change_state(attempt, state, reason=str(state.label), user=user)
    order = move_order(attempt.order_id, PAID if state == State.PAID else AUTHORISED)
    close(attempt)
    basket = attempt.basket
    if basket is not None and basket.status == basket.FROZEN:
        basket.submit()
    count_purchases(order)
    missing = attempt.amount - taken if taken is not None else Decimal(0)
    queue_order_confirmation(order, not_charged=max(missing, Decimal(0)))
    provide_soon(order)
    if state == State.PAID:
        issue_invoice(order, amount=taken)  # last: docs/payments.md, "Lock order"
