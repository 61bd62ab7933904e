"""Changes with their actor: stock changes and decisions by staff."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from commerce.fields import CodeField
from commerce.models.append_only import AppendOnlyModel
from commerce.models.shop import User


class StockChange(AppendOnlyModel):
    """One change of a stock record's two numbers. Written by ``commerce.stock.history`` only.

    It outlives its record and names people after their accounts are deleted. ``actor`` is empty for
    the system.
    """

    NAMES_PEOPLE = ("actor",)

    class Kind(models.TextChoices):
        CREATED = "created", _("initial count")
        EDITED = "edited", _("manual change")
        IMPORTED = "imported", _("imported")
        RESERVED = "reserved", _("ordered")
        RELEASED = "released", _("cancelled")
        CONSUMED = "consumed", _("dispatched")
        RETURNED = "returned", _("returned")
        PARTS = "parts", _("follows its parts")

    stockrecord = models.ForeignKey(
        "partner.StockRecord", null=True, on_delete=models.SET_NULL, related_name="changes"
    )
    sku = models.CharField(_("SKU"), max_length=128)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    in_stock_before = models.IntegerField(null=True)
    in_stock_after = models.IntegerField(null=True)
    allocated_before = models.IntegerField(null=True)
    allocated_after = models.IntegerField(null=True)
    order_number = CodeField(_("order"), max_length=128, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor = models.CharField(_("by"), max_length=255, blank=True)
    created_at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("stock change")
        verbose_name_plural = _("stock changes")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.sku}: {self.in_stock_before} → {self.in_stock_after}"

    @property
    def more_in_stock(self) -> int:
        """The change of the units in stock."""
        return (self.in_stock_after or 0) - (self.in_stock_before or 0)

    @property
    def more_allocated(self) -> int:
        """The change of the units reserved by orders."""
        return (self.allocated_after or 0) - (self.allocated_before or 0)


class AuditEntry(AppendOnlyModel):
    """One decision or security event. Written by ``commerce.audit`` only.

    ``changes`` is ``{field: [before, after]}`` as text, None for nothing. ``actor`` is empty for
    the system; ``about`` names the object after it is deleted; ``address`` is the IP address of the
    request, empty without one.
    """

    NAMES_PEOPLE = ("about", "actor", "address", "changes")
    MAY_EXPIRE = True

    class Act(models.TextChoices):
        ADDED = "added", _("added")
        CHANGED = "changed", _("changed")
        DELETED = "deleted", _("deleted")
        SIGNED_IN = "signed-in", _("signed in")
        SIGNED_OUT = "signed-out", _("signed out")
        FAILED = "failed", _("sign-in failed")
        REFUSED = "refused", pgettext_lazy("access to a page", "refused")
        EXPORTED = "exported", _("data exported")
        ERASED = "erased", _("erased")
        FACTOR_ADDED = "factor-added", _("second factor added")
        FACTOR_REMOVED = "factor-removed", _("second factor removed")
        FACTOR_FAILED = "factor-failed", _("second factor failed")
        CODES_MADE = "codes-made", _("recovery codes made")
        CODE_USED = "code-used", _("recovery code used")
        CODE_FAILED = "code-failed", _("email code failed")
        PASSWORD_CHANGED = "password-changed", _("password changed")
        PASSWORD_SET = "password-set", _("first password set")
        PASSWORD_RESET = "password-reset", _("password reset by email")
        PASSWORD_FAILED = "password-failed", _("wrong current password")
        PASSWORD_REMOVED = "password-removed", _("password removed")
        RESET_SENT = "reset-sent", _("password reset link sent")
        INVITED = "invited", _("invited")
        EMAIL_ADDED = "email-added", _("email address added")
        EMAIL_CHANGED = "email-changed", _("email address changed")
        EMAIL_REMOVED = "email-removed", _("email address removed")
        EMAIL_CONFIRMED = "email-confirmed", _("email address confirmed")
        SERVICE_ADDED = "service-added", _("other service connected")
        SERVICE_REMOVED = "service-removed", _("other service disconnected")
        SESSIONS_ENDED = "sessions-ended", _("sessions ended")

    kind = CodeField(_("kind"), max_length=40)
    object_id = CodeField(max_length=40)
    about = models.CharField(_("about"), max_length=255)
    act = models.CharField(_("what happened"), max_length=20, choices=Act.choices)
    changes = models.JSONField(default=dict)
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor = models.CharField(_("by"), max_length=255, blank=True)
    address = models.CharField(_("from where"), max_length=45, blank=True)
    created_at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("audit log entry")
        verbose_name_plural = _("audit log")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["kind", "object_id"]),
            models.Index(fields=["created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.about}: {self.get_act_display()}"
