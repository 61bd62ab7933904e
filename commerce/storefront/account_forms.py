"""Forms for the customer's own details. Email address and password belong to allauth."""

from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from oscar.apps.catalogue.abstract_models import AbstractProduct
from oscar.core.loading import get_model

from commerce.accounts.pictures import MOST_BYTES, TOO_LARGE, save_picture, square_of
from commerce.addresses.forms import FIELDS, CountryAddressForm
from commerce.models import User


class ProfileForm(forms.ModelForm):
    """Names, and a picture that only the owner and staff see."""

    picture = forms.FileField(
        label=_("Picture"),
        required=False,
        help_text=_(
            "JPEG, PNG, WebP or AVIF, up to 5 MB. We keep a small square copy and remove details "
            "such as where it was taken. Only you and our staff see it."
        ),
        widget=forms.FileInput(
            attrs={
                "accept": "image/jpeg,image/png,image/webp,image/avif",
                "data-most": MOST_BYTES,
                "data-too-large": TOO_LARGE,
            }
        ),
    )

    class Meta:
        model = User
        fields = ["first_name", "last_name"]
        labels = {"first_name": _("First name"), "last_name": _("Last name")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["first_name"].widget.attrs["autocomplete"] = "given-name"
        self.fields["last_name"].widget.attrs["autocomplete"] = "family-name"

    def clean_picture(self) -> bytes | None:
        """The bytes to store, None if no file was sent."""
        upload = self.cleaned_data["picture"]
        return square_of(upload) if upload else None

    def save(self, commit: bool = True) -> User:
        user = super().save(commit)
        if content := self.cleaned_data["picture"]:
            save_picture(user, content)
        return user


class ConfirmDeletionForm(forms.Form):
    confirm = forms.BooleanField(label=_("Yes, permanently delete my account"))


class AddressForm(CountryAddressForm):
    """An address of the account's address book."""

    class Meta:
        model = get_model("address", "UserAddress")
        fields = [*FIELDS, "phone_number"]

    def __init__(self, user: User | AnonymousUser, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.user = user
        self.fields["phone_number"].help_text = _("Only for questions about a delivery.")

    def countries(self) -> QuerySet:
        """The countries that the shop delivers to."""
        return super().countries().filter(is_shipping_country=True)


class ProductAlertForm(forms.Form):
    """The address to notify. Signed-in customers aren't asked for one."""

    email = forms.EmailField(
        label=_("Email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(
        self, user: User | AnonymousUser, product: AbstractProduct, *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if user.is_authenticated:
            del self.fields["email"]
