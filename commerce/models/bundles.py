"""Bundles: products with a price of their own whose parts leave the stock."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from commerce.models.cache_tags import SITE


class BundlePart(models.Model):
    """A product or variant that is in a bundle, and how many of it.

    The number in stock of the bundle's own stock record follows from its parts
    (``commerce.index.bundles``).
    """

    cache_tags = (SITE,)

    bundle = models.ForeignKey(
        "catalogue.Product", on_delete=models.CASCADE, related_name="bundle_parts",
        verbose_name=_("bundle"),
    )  # fmt: skip
    part = models.ForeignKey(
        "catalogue.Product", on_delete=models.PROTECT, related_name="in_bundles",
        verbose_name=_("part"),
    )  # fmt: skip
    quantity = models.PositiveIntegerField(
        _("quantity"), default=1, validators=[MinValueValidator(1)]
    )

    class Meta:
        verbose_name = _("part of a bundle")
        verbose_name_plural = _("parts of bundles")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["bundle", "part"], name="part_once_per_bundle")
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.part.get_title()}"


class OrderLinePart(models.Model):
    """A part of an ordered bundle as it was when ordered: its stock record, and units per bundle."""

    line = models.ForeignKey("order.Line", on_delete=models.CASCADE, related_name="parts")
    stockrecord = models.ForeignKey(
        "partner.StockRecord", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    title = models.CharField(_("title"), max_length=255)
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("part of an ordered bundle")
        verbose_name_plural = _("parts of ordered bundles")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"
