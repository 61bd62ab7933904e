"""The checkout's forms. At most eight fields are visible; the rest opens where it is wanted."""

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext_lazy as _
from oscar.apps.checkout.forms import *  # noqa: F403
from oscar.core.loading import get_model

from commerce.accounts.postal_addresses import AUTOCOMPLETE, LABELS
from commerce.models import DeliveryMethod

#: What to do about a field that was left empty.
MISSING = {
    "first_name": _("Enter a first name."),
    "last_name": _("Enter a last name."),
    "line1": _("Enter the street and number."),
    "line4": _("Enter the town or city."),
    "postcode": _("Enter the postcode."),
    "email": _("Enter your email address."),
}


class AddressForm(forms.ModelForm):
    """An address in the order of an envelope. ``section`` is "shipping" or "billing"."""

    section = "shipping"
    #: Fields behind "Add company or second line".
    extra = ("line2", "line3")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        countries = get_model("address", "Country").objects.filter(
            pk__in=DeliveryMethod.objects.filter(is_active=True).values("countries")
        )
        if self.section == "billing":
            countries = get_model("address", "Country").objects.all()
        self.fields["country"].queryset = countries
        self.fields["country"].empty_label = None
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
            "We do not deliver to this country yet. Choose another one, or write to us."
        )
        self.fields["postcode"].widget.attrs["autocapitalize"] = "characters"

    def _post_clean(self):
        # Oscar complains about an absent postcode a second time, beside the field's own sentence.
        super()._post_clean()
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
    def has_extra(self):
        """Whether a collapsed field holds something and must be shown open."""
        return any(self[name].value() or self[name].errors for name in self.extra)

    def as_fields(self):
        """The cleaned address as plain values for the session."""
        return {
            name: value.pk if name == "country" else str(value or "")
            for name, value in self.cleaned_data.items()
            if name in self._meta.fields
        }


class ShippingForm(AddressForm):
    """Where the parcel goes, and a guest's email address."""

    email = forms.EmailField(
        label=_("Email"),
        help_text=_("For the confirmation and news of your parcel. Nothing else."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )
    billing_same = forms.BooleanField(label=_("Bill to this address"), required=False, initial=True)

    keep_address = forms.BooleanField(
        label=_("Keep this address in my account"), required=False, initial=True
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

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        if user.is_authenticated:
            del self.fields["email"]
        else:
            del self.fields["keep_address"]
        phone = self.fields["phone_number"]
        phone.required = False
        phone.help_text = _("For the carrier, if the door stays shut.")
        phone.widget.attrs.update(type="tel", inputmode="tel")


class BillingForm(AddressForm):
    """Whom to bill, where that is somebody else."""

    section = "billing"
    # Without JavaScript these fields stand on the page even where nobody needs them; a required
    # mark would make the browser refuse the form. The server asks for them where they count.
    use_required_attribute = False

    class Meta(AddressForm.Meta):
        model = get_model("order", "BillingAddress")


class DeliveryForm(forms.Form):
    """One of the delivery methods that the address allows."""

    method = forms.ChoiceField(
        label=_("Delivery"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how your order should reach you.")},
    )

    def __init__(self, *args, methods, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["method"].choices = [(method.code, method.name) for method in methods]
