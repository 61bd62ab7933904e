"""Staff decisions about a payment that differs from its order: accept it or refund it."""

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from checkout_app.exceptions import ReviewRefused
from checkout_app.models import PaymentAttempt, State
from checkout_app.payments.attempts import change_state, lock_attempt, lock_order_of, thaw
from checkout_app.payments.confirmation import confirm_order, reopen_order
from checkout_app.payments.refunds import schedule_refund, send_refunds_task
from commerce.audit.order_history import record_event
from commerce.documents.issuing import issue_invoice
from commerce.models import OrderEvent, User
from commerce.order_statuses import AUTHORISED, CANCELLED, PAID
from commerce.orders.pipeline import move_order
from commerce.transactions import enqueue_on_commit, retry_transient


@retry_transient
def accept_reviewed(attempt_id: int, *, user: User | None) -> PaymentAttempt:
    """Confirm an order under review with the amount that arrived.

    A missing amount is waived and the invoice shows it; a surplus is refunded after the commit.
    Returns the attempt, unchanged if it is not under review. Raises ReviewRefused; nothing changes
    then. Locks basket, attempt, order, and the stock of a cancelled order.
    """
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        if attempt.state != State.REVIEW:
            return attempt
        left = attempt.money_left
        if not left:
            raise ReviewRefused(_("Nothing has been captured yet, or it was refunded."))
        if attempt.money_currency != attempt.currency:
            raise ReviewRefused(_("The payment arrived in another currency."))
        order = lock_order_of(attempt)
        if order.status == CANCELLED and not reopen_order(attempt):
            raise ReviewRefused(_("The order was cancelled and its items are no longer in stock."))
        if left > attempt.amount:
            attempt.refunds.create(
                key=uuid.uuid4().hex,
                amount=left - attempt.amount,
                reason=_("more arrived than the order total"),
                is_excess=True,
                user=user,
            )
            enqueue_on_commit(send_refunds_task, attempt.pk)
        record_event(
            order,
            OrderEvent.Kind.PAYMENT,
            _("Accepted the amount received"),
            amount=left,
            user=user,
        )
        if order.status == AUTHORISED:
            change_state(attempt, State.PAID, reason="accepted", user=user)
            move_order(order.pk, PAID)
            issue_invoice(order, amount=left)  # last: docs/payments.md, "Lock order"
        else:
            confirm_order(attempt, State.PAID, taken=left, user=user)
    return attempt


@retry_transient
def schedule_review_refund(attempt_id: int) -> PaymentAttempt:
    """Cancel an order under review and schedule a refund of what arrived.

    Returns the attempt, unchanged if it is not under review. If nothing was captured yet, the
    caller voids the authorisation at the gateway. Locks basket, attempt, stock, order.
    """
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        if attempt.state != State.REVIEW:
            return attempt
        left = attempt.money_left
        if left:  # First: cancelling the order would schedule it with another reason.
            schedule_refund(attempt, amount=left, reason="payment differed from the order")
        if CANCELLED in attempt.order.available_statuses():
            move_order(attempt.order_id, CANCELLED, note="payment differed from the order")
        thaw(attempt.basket)
    return attempt
