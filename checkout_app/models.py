"""The payment of an order: attempts, Stripe's events, and money that moved or must move back."""

from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from oscar.apps.checkout.models import *  # noqa: F403

from commerce.fields import CodeField


class State(models.TextChoices):
    """Where a payment stands; docs/payments.md draws the moves."""

    RESERVED = "reserved", _("stock reserved, no intent yet")
    INTENT = "intent", _("waiting for the customer")
    ACTION = "action", _("waiting for the customer's bank")
    PROCESSING = "processing", _("the bank is working on it")
    AUTHORISED = "authorised", _("held by the bank, not yet taken")
    VOIDED = "voided", _("the hold was given up, nothing was taken")
    PAID = "paid", _("paid")
    PART_REFUNDED = "part_refunded", _("partly paid back")
    RELEASED = "released", _("released, nothing was paid")
    REFUND_DUE = "refund_due", _("paid, must be paid back")
    REFUNDED = "refunded", _("paid back")
    REVIEW = "review", _("needs a person")


#: For so long the gateway surely knows a key (https://docs.stripe.com/api/idempotent_requests).
IDEMPOTENCY_KEY_LIFETIME = timedelta(hours=20)
#: States in which stock is held and money may still come.
OPEN_STATES = (State.RESERVED, State.INTENT, State.ACTION, State.PROCESSING)
#: States in which money of the customer's is here.
MONEY_STATES = (State.PAID, State.PART_REFUNDED, State.REFUND_DUE, State.REVIEW)


class Method(models.TextChoices):
    """How an order is paid; ``gateways`` says who serves which."""

    CARD = "card", _("card or wallet")
    TRANSFER = "transfer", _("bank transfer")


class Capture(models.TextChoices):
    """When the money of a card is taken."""

    AUTOMATIC = "automatic", _("when the order is placed")
    MANUAL = "manual", _("when it is dispatched")


class Progress(models.TextChoices):
    """How far something that the gateway was asked for has come."""

    DUE = "due", _("due")
    SENT = "sent", _("sent, the bank is working on it")
    DONE = "done", _("done")
    FAILED = "failed", _("failed: needs a person")


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
    state = models.CharField(max_length=16, choices=State.choices, default=State.RESERVED)
    method = models.CharField(max_length=8, choices=Method.choices, default=Method.CARD)
    capture = models.CharField(max_length=9, choices=Capture.choices, default=Capture.AUTOMATIC)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    intent_id = CodeField(max_length=190, null=True, blank=True, unique=True)
    last_error = models.CharField(max_length=500, blank=True)
    expires_at = models.DateTimeField()
    #: Until when the bank holds money that was authorised; None where it holds none.
    held_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("payment attempt")
        verbose_name_plural = _("payment attempts")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["state", "expires_at"])]

    def __str__(self) -> str:
        return f"{self.order.number}: {self.state}"

    @property
    def is_open(self) -> bool:
        """Whether stock is held and money may still come."""
        return self.state in OPEN_STATES

    @property
    def stored_intent_id(self) -> str:
        """The intent's id. Raises ValueError before an intent was stored."""
        if not self.intent_id:
            raise ValueError(f"attempt {self.pk} has no intent")
        return self.intent_id

    @property
    def money_taken(self) -> Decimal:
        """What the gateway took for it so far; what was paid back is not taken off."""
        charges = self.transactions.filter(kind=GatewayTransaction.Kind.CHARGE)
        return charges.aggregate(total=models.Sum("amount"))["total"] or Decimal(0)

    @property
    def money_currency(self) -> str:
        """The currency of what the gateway took; the order's where it took nothing."""
        charge = self.transactions.filter(kind=GatewayTransaction.Kind.CHARGE).first()
        return charge.currency if charge else self.currency

    @property
    def money_back(self) -> Decimal:
        """What was paid back, or is on its way back; refunds that failed are not counted."""
        refunds = self.refunds.exclude(progress=Progress.FAILED)
        return refunds.aggregate(total=models.Sum("amount"))["total"] or Decimal(0)

    @property
    def money_left(self) -> Decimal:
        """What of it is here: not paid back, and not taken by the customer's bank in a dispute."""
        lost = self.disputes.filter(status=Dispute.LOST).aggregate(total=models.Sum("amount"))
        return max(self.money_taken - self.money_back - (lost["total"] or 0), Decimal(0))


class PaymentMove(models.Model):
    """One change of an attempt's state, kept for whoever asks later what happened."""

    attempt = models.ForeignKey(PaymentAttempt, on_delete=models.CASCADE, related_name="moves")
    old_state = models.CharField(max_length=16, blank=True)
    new_state = models.CharField(max_length=16)
    reason = models.CharField(max_length=300, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.old_state} → {self.new_state}"


class GatewayTransaction(models.Model):
    """Money that moved at the gateway, once for each of its ids (Oscar's reference is not unique)."""

    class Kind(models.TextChoices):
        CHARGE = "charge", _("charge")
        REFUND = "refund", _("refund")
        RETURNED_REFUND = "returned", _("refund that came back")

    attempt = models.ForeignKey(
        PaymentAttempt, on_delete=models.PROTECT, related_name="transactions"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    gateway_id = CodeField(max_length=190, unique=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.gateway_id


class CaptureRequest(models.Model):
    """Held money to be taken, written before the gateway is asked, under a key of its own.

    ``is_final``: what is not taken by it is given up. Without it more can follow, which the bank
    must allow (Stripe's multicapture).
    """

    attempt = models.ForeignKey(PaymentAttempt, on_delete=models.PROTECT, related_name="captures")
    key = CodeField(max_length=64, unique=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    is_final = models.BooleanField(default=True)
    progress = models.CharField(max_length=6, choices=Progress.choices, default=Progress.DUE)
    last_error = models.CharField(max_length=500, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.attempt.order.number}: {self.amount}"


class RefundRequest(models.Model):
    """Money to be paid back, written before the gateway is asked, under a key of its own.

    One that was made in the gateway's own dashboard is written down when it is heard of
    (``is_mirrored``); it has no lines.
    """

    Progress = Progress

    attempt = models.ForeignKey(PaymentAttempt, on_delete=models.PROTECT, related_name="refunds")
    key = CodeField(max_length=64, unique=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    #: The part of the amount that is delivery.
    shipping = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    reason = models.CharField(max_length=300)
    progress = models.CharField(max_length=6, choices=Progress.choices, default=Progress.DUE)
    gateway_id = CodeField(max_length=190, null=True, blank=True, unique=True)
    is_mirrored = models.BooleanField(default=False)
    has_restocked = models.BooleanField(default=False)
    #: Money that came beyond the order's total: it was never invoiced, so no credit note tells of it.
    is_excess = models.BooleanField(default=False)
    last_error = models.CharField(max_length=500, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["progress", "created_at"])]

    def __str__(self) -> str:
        return f"{self.attempt.order.number}: {self.amount}"


class RefundLine(models.Model):
    """Units of an order's line that a refund pays back."""

    refund = models.ForeignKey(RefundRequest, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey("order.Line", on_delete=models.PROTECT, related_name="refund_lines")
    quantity = models.PositiveIntegerField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        ordering = ["pk"]
        unique_together = [("refund", "line")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line_id}"


DISPUTE_WORDS = {
    "needs_response": _("waits for our answer"),
    "under_review": _("the bank looks at it"),
    "warning_needs_response": _("an inquiry that waits for our answer"),
    "warning_under_review": _("an inquiry that the bank looks at"),
    "warning_closed": _("an inquiry that came to nothing"),
    "won": _("won"),
    "lost": _("lost"),
    "prevented": _("prevented"),
}


class Dispute(models.Model):
    """A charge that the customer's bank disputes. While it is open the order does not ship."""

    #: https://docs.stripe.com/api/disputes/object#dispute_object-status
    LOST = "lost"
    ENDED = ("won", LOST, "warning_closed", "prevented")

    attempt = models.ForeignKey(PaymentAttempt, on_delete=models.PROTECT, related_name="disputes")
    gateway_id = CodeField(max_length=190, unique=True)
    status = models.CharField(max_length=40)
    reason = models.CharField(max_length=60, blank=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    answer_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.attempt.order.number}: {self.status}"

    @property
    def is_open(self) -> bool:
        """Whether it is not decided yet."""
        return self.status not in self.ENDED

    @property
    def words(self) -> str | Promise:
        """The status as people say it; one that Stripe adds later as it is."""
        return DISPUTE_WORDS.get(self.status, self.status)


class StripeCustomer(models.Model):
    """The account's counterpart at Stripe, where its cards are kept; none of a card is kept here."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="stripe_customer"
    )
    customer_id = CodeField(max_length=190, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.customer_id


class BankTransfer(models.Model):
    """What a transfer's gateway knows of one order's: the counterpart of a payment intent.

    ``received`` is what Finance saw arrive so far: it may come in parts. Money goes back by hand too (``TransferRefund``).
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting for the money")
        RECEIVED = "received", _("received")
        CANCELLED = "cancelled", _("given up")

    reference = CodeField(max_length=64, unique=True)
    key = CodeField(max_length=190, unique=True)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.WAITING)
    amount_minor = models.BigIntegerField()
    received_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    metadata = models.JSONField(default=dict)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    received_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.reference


class TransferRefund(models.Model):
    """Money to be sent back by hand: the counterpart of a refund at the gateway."""

    transfer = models.ForeignKey(BankTransfer, on_delete=models.PROTECT, related_name="refunds")
    reference = CodeField(max_length=64, unique=True)
    key = CodeField(max_length=190, unique=True)
    amount_minor = models.BigIntegerField()
    is_sent = models.BooleanField(default=False)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    metadata = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.reference


class StripeEventQuerySet(models.QuerySet):
    def unfinished(self) -> "StripeEventQuerySet":
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

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


def site_marker() -> str:
    """What every intent of this shop carries in its metadata, to tell it from another shop's."""
    return settings.SITE_URL
