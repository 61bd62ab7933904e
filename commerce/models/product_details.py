"""How a product is sold, beside Oscar's columns: measures, quantities, and selling before it is in stock."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class ProductDetails(models.Model):
    """Facts about how a product or variant is sold. A variant's empty fields are its product's.

    ``commerce.stock.selling`` combines both.
    """

    class Later(models.TextChoices):
        """Whether it may be ordered when none is in stock."""

        NONE = "", _("As its product; otherwise no")
        NO = "no", _("No")
        BACKORDER = "backorder", _("Back-order: it can be ordered when sold out")
        PREORDER = "preorder", _("Pre-order: it can be ordered before it is available")

    class Unit(models.TextChoices):
        NONE = "", "–"
        MILLILITRE = "ml", _("ml")
        LITRE = "l", _("l")
        GRAM = "g", _("g")
        KILOGRAM = "kg", _("kg")
        METRE = "m", _("m")
        SQUARE_METRE = "m2", _("m²")

    product = models.OneToOneField(
        "catalogue.Product",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="details",
        verbose_name=_("product"),
    )
    weight = models.PositiveIntegerField(
        _("weight with packing (g)"),
        null=True,
        blank=True,
        help_text=_("Decides the delivery price."),
    )
    length = models.PositiveIntegerField(_("length of the parcel (mm)"), null=True, blank=True)
    width = models.PositiveIntegerField(_("width of the parcel (mm)"), null=True, blank=True)
    height = models.PositiveIntegerField(_("height of the parcel (mm)"), null=True, blank=True)
    is_shipped = models.BooleanField(
        _("sent by post"), null=True, blank=True,
        help_text=_("Empty: as its product, or as its product type says."),
    )  # fmt: skip
    is_stock_counted = models.BooleanField(
        _("stock is counted"), null=True, blank=True,
        help_text=_("Empty: as its product, or as its product type says. No: it never sells out."),
    )  # fmt: skip
    gift_card_value = models.DecimalField(
        _("value as a gift card"), max_digits=12, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text=_("Each unit is a gift card of this value, sent by email."),
    )  # fmt: skip
    content = models.DecimalField(
        _("content"), max_digits=10, decimal_places=3, null=True, blank=True,
        validators=[MinValueValidator(Decimal("0.001"))],
        help_text=_("The amount for the price per litre or kilogram, such as 750 ml."),
    )  # fmt: skip
    content_unit = models.CharField(
        _("unit of the content"), max_length=2, choices=Unit.choices, blank=True
    )
    min_quantity = models.PositiveIntegerField(
        _("minimum per order"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    step_quantity = models.PositiveIntegerField(
        _("sold in steps of"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    max_quantity = models.PositiveIntegerField(
        _("maximum per order"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    later = models.CharField(
        _("ordering without stock"), max_length=9, choices=Later.choices, blank=True
    )
    available_from = models.DateField(
        _("sent from"), null=True, blank=True,
        help_text=_("The first day on which orders without stock are dispatched."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("details of a product")
        verbose_name_plural = _("details of products")

    def __str__(self) -> str:
        return f"{self.product_id}"

    def _errors_of_bundles(self) -> dict[str, Any]:
        """What the product and its variants could no longer be: bundles, or parts of bundles."""
        parts = apps.get_model("commerce", "BundlePart").objects
        rows = apps.get_model("catalogue", "Product").objects.annotate(
            is_bundle=models.Exists(parts.filter(bundle=models.OuterRef("pk"))),
            is_part=models.Exists(parts.filter(part=models.OuterRef("pk"))),
        )
        concerned = models.Q(pk=self.pk) | models.Q(parent=self.pk)
        rows = rows.filter(concerned, models.Q(is_bundle=True) | models.Q(is_part=True))
        errors: dict[str, Any] = {}
        for row in rows.select_related("details", "parent__details") if self.pk else ():
            own = self if row.pk == self.pk else getattr(row, "details", None)
            above = self if row.parent_id == self.pk else getattr(row.parent, "details", None)
            found = [one for one in (own, above) if one is not None]
            later = next((one.later for one in found if one.later), self.Later.NO)
            is_posted = self._is_posted(found)
            if row.is_bundle and not (is_posted and later == self.Later.NO):
                errors["later"] = _("Bundles are sent by post, and sold from stock only.")
            if row.is_part and not is_posted:
                errors["is_shipped"] = _("Parts of bundles have stock and are sent by post.")
        return errors

    @staticmethod
    def _is_posted(rows: list[ProductDetails]) -> bool:
        """Whether these details, a variant's before its product's, leave a stock by post."""
        names = ("is_stock_counted", "is_shipped", "gift_card_value")
        values = {
            name: next((v for row in rows if (v := getattr(row, name)) is not None), None)
            for name in names
        }
        has_stock = values["is_stock_counted"] is not False and values["is_shipped"] is not False
        return has_stock and not values["gift_card_value"]

    def clean(self) -> None:
        super().clean()
        errors: dict[str, Any] = {}
        if (self.content is None) != (not self.content_unit):
            errors["content_unit"] = _("Give the content with its unit.")
        if self.min_quantity and self.max_quantity and self.min_quantity > self.max_quantity:
            errors["max_quantity"] = _("The maximum must not be below the minimum.")
        errors |= self._errors_of_bundles()
        if self.gift_card_value and self.is_shipped:
            errors["is_shipped"] = _("Gift cards are sent by email, not by post.")
        if self.later == self.Later.PREORDER and self.available_from is None:
            errors["available_from"] = _("Say from when pre-orders are sent.")
        if errors:
            raise ValidationError(errors)
