"""What the payers' floor does when an order moves below it."""

from django.db import transaction
from django.dispatch import receiver
from oscar.apps.order.signals import order_status_changed

from checkout_app import payments
from commerce.orders import CANCELLED


@receiver(order_status_changed)
def refund_cancelled_order(sender, order, new_status, **kwargs):
    """A paid order that staff cancel is owed back in the same transaction, and paid back after."""
    if new_status != CANCELLED:
        return
    attempt = payments.owe_cancelled_order(order.pk)
    if attempt:
        from checkout_app.tasks import pay_refunds_task  # tasks imports payments

        transaction.on_commit(lambda: pay_refunds_task.enqueue(attempt.pk))
