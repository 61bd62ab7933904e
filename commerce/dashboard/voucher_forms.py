"""The forms of vouchers and voucher sets."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from oscar.apps.dashboard.vouchers.forms import VoucherForm as OscarVoucherForm
from oscar.apps.dashboard.vouchers.forms import VoucherSetForm as OscarVoucherSetForm
from oscar.apps.voucher.abstract_models import AbstractVoucher
from oscar.core.loading import get_model

from commerce.dashboard.datetime_fields import ExactTimes
from commerce.dashboard.decimal_fields import TypedDecimals
from commerce.models import VoucherTerms

TERMS = ("is_for_first_order", "most_orders", "countries")


class VoucherForm(TypedDecimals, ExactTimes, OscarVoucherForm):
    """The start and end of a voucher, exact to the second, and its conditions."""

    is_for_first_order = forms.BooleanField(required=False)
    most_orders = forms.IntegerField(required=False, min_value=1)
    countries: forms.ModelMultipleChoiceField = forms.ModelMultipleChoiceField(
        queryset=None, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        countries = get_model("address", "Country").objects.filter(is_shipping_country=True)
        self.fields["countries"].queryset = countries
        for name in TERMS:
            column = VoucherTerms._meta.get_field(name)
            self.fields[name].label = capfirst(column.verbose_name)
            self.fields[name].help_text = column.help_text
        terms = VoucherTerms.objects.filter(pk=self.instance.pk).first()
        if terms is not None:
            self.initial |= {
                "is_for_first_order": terms.is_for_first_order,
                "most_orders": terms.most_orders,
                "countries": terms.countries.all(),
            }

    def save(self, commit: bool = True) -> AbstractVoucher:
        """Save the conditions too; a voucher without conditions has no row for them."""
        voucher = super().save(commit)
        values = {name: self.cleaned_data[name] for name in TERMS[:2]}
        countries = self.cleaned_data["countries"]
        if any(values.values()) or countries:
            terms, _is_new = VoucherTerms.objects.update_or_create(voucher=voucher, defaults=values)
            terms.countries.set(countries)
        else:
            for terms in VoucherTerms.objects.filter(voucher=voucher):
                terms.delete()  # one by one for the audit log
        return voucher


class VoucherSetForm(TypedDecimals, ExactTimes, OscarVoucherSetForm):
    """The same for a set of vouchers."""
