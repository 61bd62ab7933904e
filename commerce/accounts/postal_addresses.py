"""The address book of an account."""

from oscar.apps.address.abstract_models import AbstractAddress
from oscar.core.loading import get_model

from commerce.models import User


def save_address(user: User, address: AbstractAddress) -> None:
    """Add an order's address to the account's address book, once; the first is the default."""
    saved = get_model("address", "UserAddress")(user=user)
    address.populate_alternative_model(saved)
    if not user.addresses.filter(hash=saved.generate_hash()).exists():
        saved.is_default_for_shipping = not user.addresses.exists()
        saved.save()
