"""Labels of addresses, for the checkout and the account."""

from django.utils.translation import gettext_lazy as _
from oscar.apps.address.abstract_models import AbstractAddress
from oscar.core.loading import get_model

from commerce.models import User

#: HTML's autofill names (https://html.spec.whatwg.org/#autofill) of Oscar's address columns.
AUTOCOMPLETE = {
    "first_name": "given-name",
    "last_name": "family-name",
    "line1": "address-line1",
    "line2": "address-line2",
    "line3": "organization",
    "line4": "address-level2",
    "postcode": "postal-code",
    "country": "country",
    "phone_number": "tel",
}
LABELS = {
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "line1": _("Address"),
    "line2": _("Flat, floor or building"),
    "line3": _("Company"),
    "line4": _("Town or city"),
    "postcode": _("Postcode"),
    "country": _("Country"),
    "phone_number": _("Phone"),
}


def save_address(user: User, address: AbstractAddress) -> None:
    """Add an order's address to the account's address book, once; the first is the default."""
    saved = get_model("address", "UserAddress")(user=user)
    address.populate_alternative_model(saved)
    if not user.addresses.filter(hash=saved.generate_hash()).exists():
        saved.is_default_for_shipping = not user.addresses.exists()
        saved.save()
