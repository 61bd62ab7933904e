"""Tables that extend Oscar's orders: history and parcels."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commerce.carriers import COLLECTION, carrier_name, tracking_url
from commerce.fields import CodeField
from commerce.models.append_only import AppendOnlyModel
from commerce.models.shop import User


class OrderEvent(AppendOnlyModel):
    """One event of an order. Written by ``commerce.audit.order_history`` only.

    ``actor`` stores the person's name for when the account is deleted; empty means the system.
    """

    NAMES_PEOPLE = ("actor", "text")

    class Kind(models.TextChoices):
        STATUS = "status", _("status")
        DISPATCH = "dispatch", _("dispatch")
        DELIVERY = "delivery", _("delivery")
        PAYMENT = "payment", _("payment")
        REFUND = "refund", _("refund")
        RETURN = "return", _("return")
        WITHDRAWAL = "withdrawal", _("withdrawal")
        OTHER = "other", _("other")

    order = models.ForeignKey("order.Order", on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    text = models.TextField(_("what happened"), blank=True)
    old_status = models.CharField(_("from"), max_length=100, blank=True)
    new_status = models.CharField(_("to"), max_length=100, blank=True)
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor = models.CharField(_("by"), max_length=255, blank=True)
    reference = CodeField(_("reference"), max_length=190, blank=True)
    amount = models.DecimalField(
        _("amount"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    created_at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("order event")
        verbose_name_plural = _("order events")
        ordering = ["created_at", "pk"]
        indexes = [models.Index(fields=["order", "created_at"])]

    def __str__(self) -> str:
        return f"{self.order.number}: {self.text or self.new_status}"


class Shipment(models.Model):
    """A parcel's carrier and dates, which Oscar's ShippingEvent lacks; or what waits for collection.

    The event and its quantities are the record of what was sent. ``key`` comes from the form, so
    that a double click sends one parcel.
    """

    event = models.OneToOneField(
        "order.ShippingEvent", on_delete=models.CASCADE, related_name="shipment"
    )
    key = CodeField(_("key"), max_length=64, unique=True)
    carrier = CodeField(_("carrier"), max_length=40)
    tracking_number = models.CharField(_("tracking number"), max_length=64, blank=True)
    arrives_from = models.DateField(_("arrives from"), null=True, blank=True)
    arrives_until = models.DateField(_("arrives until"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")

    def __str__(self) -> str:
        return f"{carrier_name(self.carrier)} {self.tracking_number}".strip()

    @property
    def carrier_name(self) -> str:
        """The name of the carrier."""
        return carrier_name(self.carrier)

    @property
    def is_collection(self) -> bool:
        """Whether the customer collects it at the shop."""
        return self.carrier == COLLECTION

    @property
    def tracking_url(self) -> str:
        """The tracking page of the parcel; "" if there is none."""
        return tracking_url(self.carrier, self.tracking_number)
