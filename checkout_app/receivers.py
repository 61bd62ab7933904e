"""Receivers: returns the money of cancelled orders, follows sign-ins and deleted accounts."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from oscar.apps.order.abstract_models import AbstractOrder
from oscar.core.loading import get_model

from checkout_app.gateways.customers import forget_customer_task
from checkout_app.models import RefundRequest, State, StripeCustomer
from checkout_app.payments import refunds
from checkout_app.payments.captures import void_authorisation_task
from checkout_app.payments.refunds import send_refunds_task
from checkout_app.storefront.session import Draft
from commerce.audit.log import watch
from commerce.models import User
from commerce.orders.pipeline import on_cancellation
from commerce.transactions import enqueue_on_commit, enqueue_or_run_on_commit

watch(RefundRequest, "amount", "shipping", "reason", "progress", "has_restocked", name=_("Refund"))


@receiver(user_logged_in)
def assign_open_order_basket(
    sender: Any, request: HttpRequest | None, user: User, **kwargs: Any
) -> None:
    """Assign a guest's frozen basket to the account, for the case that it is reopened."""
    attempt = Draft(request).attempt() if request is not None else None
    if attempt is not None and attempt.is_open and attempt.basket_id:
        get_model("basket", "Basket").objects.filter(pk=attempt.basket_id, owner=None).update(
            owner=user
        )


@receiver(post_delete, sender=StripeCustomer)
def forget_cards(sender: Any, instance: StripeCustomer, **kwargs: Any) -> None:
    """Delete the Stripe customer of a deleted account."""
    enqueue_or_run_on_commit(forget_customer_task, instance.customer_id)


@on_cancellation
def return_money_of_cancelled_order(order: AbstractOrder, user: User | None) -> None:
    """Schedule the refund of a cancelled order and void its authorisation.

    The refund is written in the caller's transaction and sent after the commit. An authorisation
    is voided after the commit, by a task or by the reconcile job.
    """
    attempt = refunds.schedule_cancellation_refund(order.pk, user=user)
    if attempt:
        enqueue_on_commit(send_refunds_task, attempt.pk)
    held = order.attempts.filter(state__in=(State.AUTHORISED, State.REVIEW)).first()
    if held:
        enqueue_on_commit(void_authorisation_task, held.pk)
