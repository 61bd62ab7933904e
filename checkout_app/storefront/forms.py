"""Forms of the checkout. At most eight fields are visible; the others open on request."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from oscar.apps.checkout.forms import *  # noqa: F403
from oscar.core.loading import get_model

from commerce.addresses.forms import FIELDS, CountryAddressForm
from commerce.models import DeliveryMethod, User
from commerce.shop_values.vat_numbers import checked_vat_number


class AddressForm(CountryAddressForm):
    """An address. ``section`` is "shipping" or "billing"."""

    section = "shipping"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].error_messages["invalid_choice"] = _(
            "We don’t deliver to this country yet. Choose another country or contact us."
        )

    def countries(self) -> QuerySet:
        """The countries to which a delivery method sends parcels."""
        methods = DeliveryMethod.objects.filter(is_active=True, is_digital=False)
        return get_model("address", "Country").objects.filter(pk__in=methods.values("countries"))

    class Meta:
        model = get_model("order", "ShippingAddress")
        fields = FIELDS

    def as_fields(self) -> dict[str, str]:
        """The cleaned address as values for the session."""
        return {
            name: value.pk if name == "country" else str(value or "")
            for name, value in self.cleaned_data.items()
            if name in self.Meta.fields
        }


class ShippingForm(AddressForm):
    """The delivery address, and a guest's email address.

    Without a parcel (``is_shipped``) it is the billing address, in any country and without a
    telephone number.
    """

    email = forms.EmailField(
        label=_("Email"),
        help_text=_("For your order confirmation and delivery updates only."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )
    billing_same = forms.BooleanField(
        label=_("Use this address for billing"), required=False, initial=True
    )

    keep_address = forms.BooleanField(
        label=_("Save this address to my account"), required=False, initial=True
    )

    vat_number = forms.CharField(
        label=_("VAT number"),
        required=False,
        max_length=20,
        help_text=_("If you buy for a business. It is printed on the invoice."),
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false"}),
    )

    class Meta(AddressForm.Meta):
        fields = [*FIELDS, "phone_number"]

    def __init__(
        self, *args: Any, user: User | AnonymousUser, is_shipped: bool = True, **kwargs: Any
    ) -> None:
        self.is_shipped = is_shipped
        super().__init__(*args, **kwargs)
        if user.is_authenticated:
            del self.fields["email"]
        else:
            del self.fields["keep_address"]
            self._word_email()
        self.fields["phone_number"].help_text = _("So the courier can reach you")
        if not is_shipped:
            del self.fields["phone_number"]  # no courier comes

    def clean_vat_number(self) -> str:
        number = self.cleaned_data["vat_number"]
        if not number:
            return ""
        try:
            return checked_vat_number(number)
        except ValueError:
            raise forms.ValidationError(
                _("This isn’t a VAT number. It begins with the country, such as DE136695976.")
            ) from None

    def _word_email(self) -> None:
        missing = _("Enter your email address.")
        wrong = _("Enter an email address such as name@example.com.")
        field = self.fields["email"]
        field.error_messages |= {"required": missing, "invalid": wrong}
        field.widget.attrs |= {"data-needed": missing, "data-wrong": wrong}

    def countries(self) -> QuerySet:
        """Those with delivery; without a parcel all."""
        return super().countries() if self.is_shipped else CountryAddressForm.countries(self)


class BillingForm(AddressForm):
    """The billing address, if it differs from the delivery address."""

    section = "billing"
    # Without JavaScript these fields are visible even if they are not needed, and a required
    # attribute would block the form. The server validates them if they are needed.
    use_required_attribute = False

    class Meta(AddressForm.Meta):
        model = get_model("order", "BillingAddress")

    countries = CountryAddressForm.countries


class DeliveryForm(forms.Form):
    """The delivery methods available for the address."""

    method = forms.ChoiceField(
        label=_("Delivery"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a delivery method.")},
    )

    def __init__(self, *args: Any, methods: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ChoiceField, self.fields["method"])
        field.choices = [(method.code, method.name) for method in methods]
