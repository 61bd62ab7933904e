"""Goods that are not sent by post: files to download, and gift cards."""

import secrets
from pathlib import PurePath
from typing import Any

from django.core.files.storage import Storage, storages
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commerce.fields import CodeField
from commerce.models.cache_tags import SITE


def private_storage() -> Storage:
    """Files that only their buyers may have; no URL leads to them."""
    return storages["private"]


def file_path(instance: Any, name: str) -> str:
    """A path that cannot be guessed, with the ending of the uploaded file."""
    return f"products/{secrets.token_hex(16)}{PurePath(name).suffix.lower()}"


class ProductFile(models.Model):
    """A file that buyers of a product or variant may download.

    A variant without files of its own has its product's. A file that was sold is never deleted: when
    it is taken off, ``is_offered`` is False and earlier buyers keep it.
    """

    cache_tags = (SITE,)

    product = models.ForeignKey(
        "catalogue.Product", null=True, on_delete=models.SET_NULL, related_name="files",
        verbose_name=_("product"),
    )  # fmt: skip
    title = models.CharField(_("title"), max_length=120)
    file = models.FileField(_("file"), upload_to=file_path, storage=private_storage, max_length=200)
    name = models.CharField(_("file name"), max_length=120)
    size = models.PositiveBigIntegerField(_("size"))
    is_offered = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("file of a product")
        verbose_name_plural = _("files of products")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def kind(self) -> str:
        """The ending of the file's name as people write it, such as "PDF"."""
        return PurePath(self.name).suffix.lstrip(".").upper()


class LineFulfilment(models.Model):
    """How the units of an order line reach the buyer, as it was when they were ordered."""

    class Kind(models.TextChoices):
        """Staff send parcels and provide services; the rest is provided once it is paid."""

        PARCEL = "parcel", _("sent by post")
        DOWNLOAD = "download", _("download")
        GIFT_CARD = "gift_card", _("gift card")
        SERVICE = "service", _("service")

    line = models.OneToOneField(
        "order.Line", on_delete=models.CASCADE, primary_key=True, related_name="fulfilment"
    )
    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices)
    gift_card_value = models.DecimalField(
        _("value as a gift card"), max_digits=12, decimal_places=2, null=True
    )

    class Meta:
        verbose_name = _("fulfilment of an order line")
        verbose_name_plural = _("fulfilments of order lines")
        indexes = [models.Index(fields=["kind"])]

    def __str__(self) -> str:
        return self.get_kind_display()


class Download(models.Model):
    """The right of an order line to download a file, for a time and a number of times."""

    line = models.ForeignKey("order.Line", on_delete=models.CASCADE, related_name="downloads")
    file = models.ForeignKey(ProductFile, on_delete=models.PROTECT, related_name="downloads")
    expires_at = models.DateTimeField(_("ends"))
    left = models.PositiveIntegerField(_("downloads left"))
    count = models.PositiveIntegerField(_("downloaded"), default=0)
    last_at = models.DateTimeField(_("last downloaded"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended by a refund"), null=True, blank=True)

    class Meta:
        verbose_name = _("download")
        verbose_name_plural = _("downloads")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["line", "file"], name="one_download_per_line_and_file")
        ]

    def __str__(self) -> str:
        return f"{self.line.order.number}: {self.file}"


class GiftCard(models.Model):
    """A gift card that was sold: its value, whom it is for, and a digest of its code.

    Sending makes the code, and only its mail contains it. ``code_end`` are its last characters, by
    which staff recognise it.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("to be sent")
        SENT = "sent", _("sent")
        VOID = "void", _("cancelled")

    line = models.ForeignKey(
        "order.Line", null=True, on_delete=models.SET_NULL, related_name="gift_cards"
    )
    number = models.PositiveIntegerField(_("number within the line"))
    value = models.DecimalField(_("value"), max_digits=12, decimal_places=2)
    currency = CodeField(_("currency"), max_length=12)
    email = models.EmailField(_("email address of the recipient"))
    recipient = models.CharField(_("name of the recipient"), max_length=120, blank=True)
    message = models.TextField(_("message"), blank=True)
    send_on = models.DateField(_("to be sent on"))
    status = models.CharField(
        _("status"), max_length=7, choices=Status.choices, default=Status.WAITING
    )
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    sendings = models.PositiveIntegerField(_("times sent"), default=0)
    code_digest = CodeField(_("digest of the code"), max_length=64, null=True, unique=True)
    code_end = models.CharField(_("end of the code"), max_length=4, blank=True)
    created_at = models.DateTimeField(_("sold"), default=timezone.now)

    class Meta:
        verbose_name = _("gift card")
        verbose_name_plural = _("gift cards")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["line", "number"], name="one_gift_card_per_unit")
        ]
        indexes = [models.Index(fields=["status", "send_on"])]

    def __str__(self) -> str:
        return f"{self.value} {self.currency} … {self.code_end}"
