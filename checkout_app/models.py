"""Payments of orders: attempts, charges, captures, refunds, disputes and Stripe's events."""

from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from oscar.apps.checkout.models import *  # noqa: F403

from commerce.fields import CodeField


class State(models.TextChoices):
    """The state of a payment; docs/payments.md shows the transitions."""

    RESERVED = "reserved", _("stock reserved, payment not started")
    INTENT = "intent", _("waiting for the customer")
    ACTION = "action", _("waiting for the customer’s bank")
    PROCESSING = "processing", _("processing at the bank")
    AUTHORISED = "authorised", _("authorised, not captured yet")
    VOIDED = "voided", _("authorisation voided, nothing captured")
    PAID = "paid", _("paid")
    PART_REFUNDED = "part_refunded", _("partly refunded")
    RELEASED = "released", _("cancelled, nothing paid")
    REFUND_DUE = "refund_due", _("paid, refund due")
    REFUNDED = "refunded", _("refunded")
    REVIEW = "review", _("needs a decision")


#: How long the gateway certainly remembers a key
#: (https://docs.stripe.com/api/idempotent_requests).
IDEMPOTENCY_KEY_LIFETIME = timedelta(hours=20)
#: States in which stock is reserved and the payment may still arrive.
OPEN_STATES = (State.RESERVED, State.INTENT, State.ACTION, State.PROCESSING)
#: States in which the shop has money of the customer.
MONEY_STATES = (State.PAID, State.PART_REFUNDED, State.REFUND_DUE, State.REVIEW)


class Method(models.TextChoices):
    """How an order is paid; ``gateways.registry`` maps methods to gateways."""

    CARD = "card", _("card or wallet")
    TRANSFER = "transfer", _("bank transfer")


class Capture(models.TextChoices):
    """When a card payment is captured."""

    AUTOMATIC = "automatic", _("when the order is placed")
    MANUAL = "manual", _("when it is dispatched")


class Progress(models.TextChoices):
    """The progress of a request to the gateway."""

    DUE = "due", _("due")
    SENT = "sent", _("sent, processing at the bank")
    DONE = "done", _("done")
    FAILED = "failed", _("failed, needs attention")


class PaymentAttempt(models.Model):
    """One attempt to pay one order. At most one is open per basket and per order.

    ``open_basket`` and ``open_order`` are set to None when the attempt ends. Their unique
    constraints replace a partial index, which MySQL does not have.
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
    #: Of ``payments.shown.Shown``, what the buyer saw beside "Pay"; empty in older rows.
    shown_digest = CodeField(max_length=64, blank=True, default="")
    #: When the authorisation expires; None without one.
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
        """Whether stock is reserved and the payment may still arrive."""
        return self.state in OPEN_STATES

    @property
    def stored_intent_id(self) -> str:
        """The intent's id. Raises ValueError before an intent was stored."""
        if not self.intent_id:
            raise ValueError(f"attempt {self.pk} has no intent")
        return self.intent_id

    @property
    def money_taken(self) -> Decimal:
        """The captured amount so far, before refunds."""
        charges = self.transactions.filter(kind=GatewayTransaction.Kind.CHARGE)
        return charges.aggregate(total=models.Sum("amount"))["total"] or Decimal(0)

    @property
    def money_currency(self) -> str:
        """The currency of the charge; the order's if nothing was captured."""
        charge = self.transactions.filter(kind=GatewayTransaction.Kind.CHARGE).first()
        return charge.currency if charge else self.currency

    @property
    def money_back(self) -> Decimal:
        """The refunded amount, including refunds on their way and without failed ones."""
        refunds = self.refunds.exclude(progress=Progress.FAILED)
        return refunds.aggregate(total=models.Sum("amount"))["total"] or Decimal(0)

    @property
    def money_left(self) -> Decimal:
        """What is left of the payment after refunds and lost disputes."""
        lost = self.disputes.filter(status=Dispute.LOST).aggregate(total=models.Sum("amount"))
        return max(self.money_taken - self.money_back - (lost["total"] or 0), Decimal(0))


class PaymentMove(models.Model):
    """One change of an attempt's state, as its history."""

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
    """A charge or refund at the gateway, once per gateway id (Oscar's reference is not unique)."""

    class Kind(models.TextChoices):
        CHARGE = "charge", _("charge")
        REFUND = "refund", _("refund")
        RETURNED_REFUND = "returned", _("returned refund")

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
    """A capture of an authorised amount, written under its own key before the gateway is called.

    ``is_final``: the rest is voided. Otherwise more captures may follow, which the bank must allow
    (Stripe's multicapture).
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
    """A refund, written under its own key before the gateway is called.

    A refund made in the gateway's own dashboard is mirrored (``is_mirrored``) and has no lines.
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
    #: Refunds a surplus over the order's total. It was never invoiced, so it has no credit note.
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
    """Units of an order line that a refund pays for."""

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
    "needs_response": _("waiting for our response"),
    "under_review": _("under review by the bank"),
    "warning_needs_response": _("inquiry, waiting for our response"),
    "warning_under_review": _("inquiry, under review by the bank"),
    "warning_closed": _("inquiry closed"),
    "won": _("won"),
    "lost": _("lost"),
    "prevented": _("prevented"),
}


class Dispute(models.Model):
    """A disputed charge. The order does not ship while the dispute is open."""

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
        """Whether the bank has not decided yet."""
        return self.status not in self.ENDED

    @property
    def words(self) -> str | Promise:
        """The status in words; a status unknown to us as Stripe names it."""
        return DISPUTE_WORDS.get(self.status, self.status)


class StripeCustomer(models.Model):
    """An account's customer at Stripe, where its cards are saved. No card data is stored here."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="stripe_customer"
    )
    customer_id = CodeField(max_length=190, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.customer_id


class BankTransfer(models.Model):
    """The bank transfer of one order, in the role of a payment intent.

    ``received_minor`` is what staff recorded so far; it may arrive in parts. Refunds are sent by
    hand (``TransferRefund``).
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting for payment")
        RECEIVED = "received", _("received")
        CANCELLED = "cancelled", _("cancelled")

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
    """A refund of a transfer that staff send by hand."""

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
    """Events by progress."""

    def unfinished(self) -> "StripeEventQuerySet":
        """Events waiting to be processed, without parked ones."""
        return self.filter(progress=StripeEvent.Progress.WAITING)


class StripeEvent(models.Model):
    """A webhook event. It triggers a read: what happened is read from Stripe."""

    class Progress(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        FOREIGN = "foreign", _("another shop’s")
        PARKED = "parked", _("parked, needs attention")

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
    """The mark in the metadata of this shop's intents, which tells them from another shop's."""
    return settings.SITE_URL
