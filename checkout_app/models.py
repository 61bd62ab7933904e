"""The payment of an order: attempts, Stripe's events, and money that moved or must move back."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oscar.apps.checkout.models import *  # noqa: F403

from commerce.fields import CodeField


class State(models.TextChoices):
    """Where a payment stands; docs/payments.md draws the moves."""

    RESERVED = "reserved", _("stock reserved, no intent yet")
    INTENT = "intent", _("waiting for the customer")
    ACTION = "action", _("waiting for the customer's bank")
    PROCESSING = "processing", _("the bank is working on it")
    PAID = "paid", _("paid")
    RELEASED = "released", _("released, nothing was paid")
    REFUND_DUE = "refund_due", _("paid, must be paid back")
    REFUNDED = "refunded", _("paid back")
    REVIEW = "review", _("needs a person")


#: States in which stock is held and money may still come.
OPEN_STATES = (State.RESERVED, State.INTENT, State.ACTION, State.PROCESSING)


class PaymentAttempt(models.Model):
    """One attempt to be paid for one order. At most one is open for a basket, and for an order.

    ``open_basket`` and ``open_order`` are emptied when the attempt ends; being unique they are the
    guard that no partial index could be on MySQL.
    """

    key = CodeField(max_length=32, unique=True)
    order = models.ForeignKey("order.Order", on_delete=models.PROTECT, related_name="attempts")
    basket = models.ForeignKey(
        "basket.Basket", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    open_basket = models.OneToOneField(
        "basket.Basket",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="open_attempt",
    )
    open_order = models.OneToOneField(
        "order.Order", null=True, blank=True, on_delete=models.SET_NULL, related_name="open_attempt"
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.RESERVED)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    intent_id = CodeField(max_length=190, null=True, blank=True, unique=True)
    last_error = models.CharField(max_length=500, blank=True)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("payment attempt")
        verbose_name_plural = _("payment attempts")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["state", "expires_at"])]

    def __str__(self):
        return f"{self.order.number}: {self.state}"

    @property
    def is_open(self):
        """Whether stock is held and money may still come."""
        return self.state in OPEN_STATES


class PaymentMove(models.Model):
    """One change of an attempt's state, kept for whoever asks later what happened."""

    attempt = models.ForeignKey(PaymentAttempt, on_delete=models.CASCADE, related_name="moves")
    old_state = models.CharField(max_length=12, blank=True)
    new_state = models.CharField(max_length=12)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return f"{self.old_state} → {self.new_state}"


class GatewayTransaction(models.Model):
    """Money that moved at the gateway, once for each of its ids (Oscar's reference is not unique)."""

    class Kind(models.TextChoices):
        CHARGE = "charge", _("charge")
        REFUND = "refund", _("refund")

    attempt = models.ForeignKey(
        PaymentAttempt, on_delete=models.PROTECT, related_name="transactions"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    gateway_id = CodeField(max_length=190, unique=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return self.gateway_id


class RefundRequest(models.Model):
    """Money to be paid back, written before the gateway is asked, under a key of its own."""

    class Progress(models.TextChoices):
        DUE = "due", _("due")
        DONE = "done", _("done")
        FAILED = "failed", _("failed: needs a person")

    attempt = models.ForeignKey(PaymentAttempt, on_delete=models.PROTECT, related_name="refunds")
    key = CodeField(max_length=32, unique=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    reason = models.CharField(max_length=300)
    progress = models.CharField(max_length=6, choices=Progress.choices, default=Progress.DUE)
    gateway_id = CodeField(max_length=190, null=True, blank=True, unique=True)
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"{self.attempt.order.number}: {self.amount}"


class StripeEventQuerySet(models.QuerySet):
    def unfinished(self):
        """Events that arrived and were not worked off, parked ones not included."""
        return self.filter(Q(progress=StripeEvent.Progress.WAITING))


class StripeEvent(models.Model):
    """An event as it arrived: a knock on the door. What happened is read from Stripe."""

    class Progress(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        FOREIGN = "foreign", _("not ours")
        PARKED = "parked", _("parked: needs a person")

    event_id = CodeField(max_length=190, unique=True)
    type = models.CharField(max_length=100)
    object_id = CodeField(max_length=190, blank=True)
    livemode = models.BooleanField(default=False)
    progress = models.CharField(max_length=8, choices=Progress.choices, default=Progress.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)
    received_at = models.DateTimeField(default=timezone.now)

    objects = StripeEventQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at"]
        indexes = [models.Index(fields=["progress", "received_at"])]

    def __str__(self):
        return f"{self.type} {self.event_id}"


def site_marker():
    """What every intent of this shop carries in its metadata, to tell it from another shop's."""
    return settings.SITE_URL
