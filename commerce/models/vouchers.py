"""Who may use a voucher, besides Oscar's usage."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class VoucherTerms(models.Model):
    """Conditions of a voucher. One without a row has none."""

    voucher = models.OneToOneField(
        "voucher.Voucher", on_delete=models.CASCADE, primary_key=True, related_name="terms"
    )
    is_for_first_order = models.BooleanField(
        _("only for a first order"),
        default=False,
        help_text=_("Of the account and of the email address. Cancelled orders do not count."),
    )
    most_orders = models.PositiveIntegerField(
        _("orders in total"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("After so many orders the code is used up. Leave empty for no limit."),
    )
    countries: models.ManyToManyField = models.ManyToManyField(
        "address.Country",
        blank=True,
        related_name="+",
        verbose_name=_("countries of delivery"),
        help_text=_("Leave empty for all."),
    )

    class Meta:
        verbose_name = _("conditions of a voucher")
        verbose_name_plural = _("conditions of vouchers")

    def __str__(self) -> str:
        return str(self.voucher)
