"""Invoices, credit notes and packing slips: numbered without gaps and never changed."""

from django.db import models
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from commerce.fields import CodeField
from commerce.models.append_only import AppendOnlyModel


class DocumentKind(models.TextChoices):
    """The kinds of documents; each has its own numbers."""

    INVOICE = "invoice", _("invoice")
    CREDIT_NOTE = "credit_note", _("credit note")
    PACKING_SLIP = "packing_slip", _("packing slip")


class DocumentCounter(models.Model):
    """The last number of a kind in a year. Issuing locks it, last of all locks."""

    kind = models.CharField(max_length=12, choices=DocumentKind.choices)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        unique_together = [("kind", "year")]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}: {self.last}"


class CommercialDocument(AppendOnlyModel):
    """One document as issued. Written by ``commerce.documents.issuing`` only.

    ``facts`` are its whole content as plain values; the PDF is rendered from them alone. ``key``
    identifies its subject, so that it is issued once.
    """

    NAMES_PEOPLE = ("facts",)

    kind = models.CharField(_("kind"), max_length=12, choices=DocumentKind.choices)
    number = CodeField(_("number"), max_length=32, unique=True)
    key = CodeField(max_length=100, unique=True)
    order = models.ForeignKey("order.Order", on_delete=models.PROTECT, related_name="documents")
    shipment = models.ForeignKey(
        "commerce.Shipment",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="documents",
    )
    facts = models.JSONField()
    issued_at = models.DateTimeField(_("issued"), default=timezone.now)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["issued_at", "pk"]
        indexes = [models.Index(fields=["kind", "issued_at"])]

    def __str__(self) -> str:
        return self.number

    @property
    def file_name(self) -> str:
        """The name of the downloaded file: "invoice-INV-2026-000123.pdf"."""
        return f"{slugify(self.get_kind_display())}-{self.number}.pdf"
