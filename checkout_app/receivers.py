"""What the payers' floor does when an order moves below it."""

from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.dispatch import receiver
from oscar.apps.order.signals import order_status_changed
from oscar.core.loading import get_model

from checkout_app import payments
from checkout_app.session import Draft
from commerce.orders import CANCELLED


@receiver(user_logged_in)
def keep_basket_of_open_order(sender, request, user, **kwargs):
    """A guest who signs in before paying keeps the basket: it is the account's if it thaws."""
    attempt = Draft(request).attempt() if request is not None else None
    if attempt is not None and attempt.is_open and attempt.basket_id:
        get_model("basket", "Basket").objects.filter(pk=attempt.basket_id, owner=None).update(
            owner=user
        )


@receiver(order_status_changed)
def refund_cancelled_order(sender, order, new_status, **kwargs):
    """A paid order that staff cancel is owed back in the same transaction, and paid back after."""
    if new_status != CANCELLED:
        return
    attempt = payments.owe_cancelled_order(order.pk)
    if attempt:
        from checkout_app.tasks import pay_refunds_task  # tasks imports payments

        transaction.on_commit(lambda: pay_refunds_task.enqueue(attempt.pk))
