"""Returns, and withdrawals from contracts."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commerce.fields import CodeField
from commerce.models.shop import User


class ReturnRequest(models.Model):
    """A return, from the request to the refund. States are changed by commerce.returns.returns.

    ``key`` comes from the form or the withdrawal, so that it creates one return.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("requested")
        APPROVED = "approved", _("approved, awaiting items")
        REFUSED = "refused", _("refused")
        RECEIVED = "received", _("received")
        REFUNDED = "refunded", _("refunded")

    number = CodeField(_("number"), max_length=20, unique=True)
    key = CodeField(_("key"), max_length=64, unique=True)
    order = models.ForeignKey("order.Order", on_delete=models.CASCADE, related_name="returns")
    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.REQUESTED
    )
    reason = models.TextField(_("reason"), blank=True)
    answer = models.TextField(_("our reply"), blank=True)
    created_at = models.DateTimeField(_("requested"), default=timezone.now)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    received_at = models.DateTimeField(_("received"), null=True, blank=True)
    refunded_at = models.DateTimeField(_("refunded"), null=True, blank=True)

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["state", "created_at"])]

    def __str__(self) -> str:
        return self.number


class ReturnLine(models.Model):
    """The requested and received units of one order line."""

    class Condition(models.TextChoices):
        AS_NEW = "new", _("as new")
        USED = "used", _("used")
        DAMAGED = "damaged", _("damaged")

    request = models.ForeignKey(ReturnRequest, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey("order.Line", on_delete=models.CASCADE, related_name="return_lines")
    quantity = models.PositiveIntegerField(_("requested"))
    received = models.PositiveIntegerField(_("received"), null=True, blank=True)
    condition = models.CharField(
        _("condition"), max_length=10, choices=Condition.choices, blank=True
    )
    restocked = models.PositiveIntegerField(_("restocked"), default=0)

    class Meta:
        verbose_name = _("return line")
        verbose_name_plural = _("return lines")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["request", "line"], name="one_row_for_each_line")
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line.title}"


class Withdrawal(models.Model):
    """A statement of withdrawal as submitted, whether or not it matches an order.

    Directive (EU) 2023/2673, article 11a of Directive 2011/83/EU. ``key`` comes from the form, so
    that a double click makes one statement.
    """

    class State(models.TextChoices):
        NEW = "new", _("new")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")

    number = CodeField(_("number"), max_length=20, unique=True)
    key = CodeField(_("key"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("email address"))
    order_number = models.CharField(_("order number entered"), max_length=40)
    items = models.TextField(_("items"), blank=True)
    submitted_at = models.DateTimeField(_("submitted"), default=timezone.now)
    order = models.ForeignKey(
        "order.Order",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="withdrawals",
        verbose_name=_("order"),
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.NEW)
    answer = models.TextField(_("our reply"), blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    return_request = models.OneToOneField(
        ReturnRequest, null=True, blank=True, on_delete=models.SET_NULL, related_name="withdrawal"
    )

    class Meta:
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")
        ordering = ["-submitted_at", "-pk"]
        indexes = [models.Index(fields=["state", "submitted_at"])]

    def __str__(self) -> str:
        return self.number
