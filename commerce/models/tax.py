"""Tax classes of goods, the rates that staff entered, and how an order was taxed."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from commerce.models.append_only import AppendOnlyModel

#: A percentage of the net price.
PERCENT = [MinValueValidator(0), MaxValueValidator(50)]

#: The classes that come with the software, and their names.
NAMES = {
    "books": _("Books"),
    "ebooks": _("E-books"),
    "childrens-clothing": _("Children’s clothing and shoes"),
    "reduced": _("Reduced rate"),
    "reduced-2": _("Second reduced rate"),
    "super-reduced": _("Super-reduced rate"),
    "zero": _("Zero rate"),
    "none": _("Outside the scope of VAT"),
}


class TaxClass(models.Model):
    """Goods that bear the same rates, such as books. Goods without a class bear the standard rate.

    The rates of some classes come with the software (``commerce.shop_values.vat_rates``), which knows
    them by their code.
    """

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)

    class Meta:
        ordering = ["name"]
        verbose_name = _("tax class")
        verbose_name_plural = _("tax classes")

    def __str__(self) -> str:
        return str(NAMES.get(self.code, self.name))


class OwnTaxRate(models.Model):
    """A rate that staff entered. It applies instead of the one that comes with the software.

    ``since`` and ``until`` are the first and the last day, in the shop's time zone.
    """

    country = models.CharField(
        _("country"), max_length=6,
        validators=[RegexValidator(r"^[A-Z]{2}(-([A-Z]{2,3}|\d\d))?$", _("Enter a code such as DE."))],
        help_text=_("Its two-letter code, such as DE. PT-20 is the Azores, PT-30 Madeira."),
    )  # fmt: skip
    tax_class = models.ForeignKey(
        TaxClass, verbose_name=_("tax class"), on_delete=models.CASCADE, null=True, blank=True,
        related_name="own_rates", help_text=_("Empty: the standard rate."),
    )  # fmt: skip
    percent = models.DecimalField(
        _("VAT rate in %"), max_digits=4, decimal_places=2, validators=PERCENT
    )
    since = models.DateField(_("first day"))
    until = models.DateField(_("last day"), null=True, blank=True)

    class Meta:
        ordering = ["country", "tax_class", "since"]
        verbose_name = _("own VAT rate")
        verbose_name_plural = _("own VAT rates")

    def __str__(self) -> str:
        return f"{self.country}: {self.percent.normalize():f} %"

    def clean(self) -> None:
        super().clean()
        if self.since and self.until and self.until < self.since:
            raise ValidationError({"until": _("The last day is before the first.")})


class ProductTypeTax(models.Model):
    """The tax class of a product type. Types without a row bear the standard rate."""

    product_class = models.OneToOneField(
        "catalogue.ProductClass",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="tax",
        verbose_name=_("product type"),
    )
    tax_class = models.ForeignKey(
        TaxClass, verbose_name=_("tax class"), on_delete=models.PROTECT, related_name="types"
    )

    class Meta:
        verbose_name = _("tax class of a product type")
        verbose_name_plural = _("tax classes of product types")

    def __str__(self) -> str:
        return f"{self.product_class}: {self.tax_class}"


class OrderTax(models.Model):
    """How an order was taxed: the territory that its goods went to, and a business's VAT number.

    Written with the order and never changed. Orders of before have no row.
    """

    order = models.OneToOneField(
        "order.Order", on_delete=models.CASCADE, primary_key=True, related_name="tax",
        verbose_name=_("order"),
    )  # fmt: skip
    territory = models.CharField(_("territory"), max_length=6)
    vat_number = models.CharField(_("customer’s VAT number"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("tax of an order")
        verbose_name_plural = _("taxes of orders")

    def __str__(self) -> str:
        return f"{self.order_id}: {self.territory}"


class DocumentTax(AppendOnlyModel):
    """The net amount and tax of a document at one rate: what the tax return adds up.

    Credit notes have negative amounts. Written with the document and never changed.
    """

    document = models.ForeignKey(
        "commerce.CommercialDocument", on_delete=models.CASCADE, related_name="taxes",
        verbose_name=_("document"),
    )  # fmt: skip
    country = models.CharField(_("country"), max_length=6)
    percent = models.DecimalField(_("VAT rate in %"), max_digits=7, decimal_places=4)
    relief = models.CharField(_("relief"), max_length=10, blank=True)
    currency = models.CharField(_("currency"), max_length=12)
    net = models.DecimalField(_("net"), max_digits=12, decimal_places=2)
    tax = models.DecimalField(_("VAT"), max_digits=12, decimal_places=2)
    issued_on = models.DateField(_("issued on"), db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["document", "country", "percent", "relief"], name="document_tax_once"
            )
        ]
        verbose_name = _("tax of a document")
        verbose_name_plural = _("taxes of documents")

    def __str__(self) -> str:
        return f"{self.document_id}: {self.country} {self.percent}"
