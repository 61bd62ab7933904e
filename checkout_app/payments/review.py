"""Staff decisions about a payment that differs from its order: accept it or give it back."""

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from checkout_app.exceptions import ReviewRefused
from checkout_app.models import State
from checkout_app.payments.attempts import change_state, lock_attempt, lock_order_of, thaw
from checkout_app.payments.confirmation import confirm_order, reopen_order
from checkout_app.payments.refunds import schedule_refund, send_refunds_task
from commerce.audit.order_history import note_event
from commerce.documents.issuing import issue_invoice
from commerce.order_statuses import AUTHORISED, CANCELLED, PAID
from commerce.orders.pipeline import move_order
from commerce.transactions import retry_transient


@retry_transient
def accept_reviewed(attempt_id, *, user):
    """Staff take what arrived for an order under review: the order stands.

    What is missing is let off, and the invoice says so; what is too much is owed, and paid back
    after the commit. Returns the attempt; does nothing to one that is not under review. Raises
    ReviewRefused, and nothing happens then. Locks basket, attempt, stock, order.
    """
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        if attempt.state != State.REVIEW:
            return attempt
        left = attempt.money_left
        if not left:
            raise ReviewRefused(_("Nothing of it was taken yet, or it went back."))
        if attempt.money_currency != attempt.currency:
            raise ReviewRefused(_("It came in another currency."))
        order = lock_order_of(attempt)
        if order.status == CANCELLED and not reopen_order(attempt):
            raise ReviewRefused(
                _("The order was cancelled, and its pieces are not there any more.")
            )
        if left > attempt.amount:
            attempt.refunds.create(
                key=uuid.uuid4().hex,
                amount=left - attempt.amount,
                reason=_("more arrived than was asked for"),
                is_excess=True,
                user=user,
            )
            transaction.on_commit(lambda: send_refunds_task.enqueue(attempt.pk))
        note_event(order, "payment", _("What arrived was accepted"), amount=left, user=user)
        if order.status == AUTHORISED:
            change_state(attempt, State.PAID, reason="accepted", user=user)
            move_order(order.pk, PAID)
            issue_invoice(order, amount=left)  # last: docs/payments.md, "Lock order"
        else:
            confirm_order(attempt, State.PAID, taken=left, user=user)
    return attempt


@retry_transient
def schedule_review_refund(attempt_id):
    """Staff give an order under review up: cancel it, and owe what arrived for it.

    Returns the attempt; does nothing to one that is not under review. Where nothing was taken yet
    the hold is given up at the gateway by the caller. Locks basket, attempt, stock, order.
    """
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        if attempt.state != State.REVIEW:
            return attempt
        left = attempt.money_left
        if left:  # Before the order is cancelled, which would owe it for another reason.
            schedule_refund(attempt, amount=left, reason="payment differed from the order")
        if CANCELLED in attempt.order.available_statuses():
            move_order(attempt.order_id, CANCELLED, note="payment differed from the order")
        thaw(attempt.basket)
    return attempt
