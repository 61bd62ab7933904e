"""The VAT rates of goods that do not bear the shop's standard rate."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

#: A percentage of the net price.
PERCENT = [MinValueValidator(0), MaxValueValidator(50)]


class ProductTypeTax(models.Model):
    """The VAT rate of a product type, such as the reduced rate for books.

    Types without a row bear the standard rate of the shop settings.
    """

    product_class = models.OneToOneField(
        "catalogue.ProductClass",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="tax",
        verbose_name=_("product type"),
    )
    percent = models.DecimalField(
        _("VAT rate in %"), max_digits=4, decimal_places=2, validators=PERCENT
    )

    class Meta:
        verbose_name = _("VAT rate of a product type")
        verbose_name_plural = _("VAT rates of product types")

    def __str__(self) -> str:
        return f"{self.product_class}: {self.percent.normalize():f} %"
