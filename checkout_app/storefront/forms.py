"""Forms of the checkout. At most eight fields are visible; the others open on request."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext_lazy as _
from oscar.apps.checkout.forms import *  # noqa: F403
from oscar.core.loading import get_model

from commerce.accounts.postal_addresses import AUTOCOMPLETE, LABELS
from commerce.models import DeliveryMethod, User

#: Error messages of fields that were left empty.
MISSING = {
    "first_name": _("Enter a first name."),
    "last_name": _("Enter a last name."),
    "line1": _("Enter the street and number."),
    "line4": _("Enter the town or city."),
    "postcode": _("Enter the postcode."),
    "email": _("Enter your email address."),
}


class AddressForm(forms.ModelForm):
    """An address, in the order of an envelope. ``section`` is "shipping" or "billing"."""

    section = "shipping"
    #: Fields that are collapsed while empty.
    extra = ("line2", "line3")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        countries = get_model("address", "Country").objects.filter(
            pk__in=DeliveryMethod.objects.filter(is_active=True).values("countries")
        )
        if self.section == "billing":
            countries = get_model("address", "Country").objects.all()
        country = cast(forms.ModelChoiceField, self.fields["country"])
        country.queryset, country.empty_label = countries, None
        for name, label in LABELS.items():
            if name in self.fields:
                self.fields[name].label = label
                autofill = f"{self.section} {AUTOCOMPLETE[name]}"
                self.fields[name].widget.attrs["autocomplete"] = autofill
        for name in ("first_name", "last_name", "line1", "line4", "postcode"):
            self.fields[name].required = True
        for name in MISSING.keys() & self.fields.keys():
            self.fields[name].error_messages["required"] = MISSING[name]
            self.fields[name].widget.attrs["data-needed"] = MISSING[name]
        self.fields["country"].error_messages["invalid_choice"] = _(
            "We don’t deliver to this country yet. Choose another country or contact us."
        )
        self.fields["postcode"].widget.attrs["autocapitalize"] = "characters"

    def _post_clean(self) -> None:
        # Oscar reports a missing postcode a second time, as a non-field error.
        super()._post_clean()  # type: ignore[misc]  # not in the stubs
        if "postcode" in self.errors:
            self.errors.pop(NON_FIELD_ERRORS, None)

    class Meta:
        model = get_model("order", "ShippingAddress")
        fields = [
            "first_name",
            "last_name",
            "line1",
            "line2",
            "line3",
            "line4",
            "postcode",
            "country",
        ]

    @property
    def has_extra(self) -> bool:
        """Whether a collapsed field has a value or an error and must be shown open."""
        return any(self[name].value() or self[name].errors for name in self.extra)

    def as_fields(self) -> dict[str, str]:
        """The cleaned address as values for the session."""
        return {
            name: value.pk if name == "country" else str(value or "")
            for name, value in self.cleaned_data.items()
            if name in self.Meta.fields
        }


class ShippingForm(AddressForm):
    """The delivery address, and a guest's email address."""

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

    class Meta(AddressForm.Meta):
        fields = [*AddressForm.Meta.fields, "phone_number"]

    field_order = [
        "email",
        *AddressForm.Meta.fields,
        "phone_number",
        "keep_address",
        "billing_same",
    ]

    def __init__(self, *args: Any, user: User | AnonymousUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if user.is_authenticated:
            del self.fields["email"]
        else:
            del self.fields["keep_address"]
        phone = self.fields["phone_number"]
        phone.required = False
        phone.help_text = _("So the courier can reach you")
        phone.widget.attrs.update(type="tel", inputmode="tel")


class BillingForm(AddressForm):
    """The billing address, if it differs from the delivery address."""

    section = "billing"
    # Without JavaScript these fields are visible even if they are not needed, and a required
    # attribute would block the form. The server validates them if they are needed.
    use_required_attribute = False

    class Meta(AddressForm.Meta):
        model = get_model("order", "BillingAddress")


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
