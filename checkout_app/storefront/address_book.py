"""An account's saved addresses, as the checkout's first step offers them."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser
from oscar.apps.address.abstract_models import AbstractUserAddress

from checkout_app.storefront.forms import ShippingForm
from commerce.models import User


def saved_addresses(user: User | AnonymousUser) -> list[AbstractUserAddress]:
    """The account's addresses, the default one first; none for a guest."""
    if not isinstance(user, User):
        return []
    return list(user.addresses.select_related("country").order_by("-is_default_for_shipping", "pk"))


def fields_of(address: AbstractUserAddress) -> dict[str, Any]:
    """A saved address as values by the field names of ShippingForm."""
    return {
        name: getattr(address, "country_id" if name == "country" else name) or ""
        for name in ShippingForm.Meta.fields
    }


def find_address(
    addresses: Iterable[AbstractUserAddress], choice: str | None
) -> AbstractUserAddress | None:
    """The saved address with the chosen key, or None."""
    return next((address for address in addresses if str(address.pk) == str(choice)), None)


def find_same(
    addresses: Iterable[AbstractUserAddress], fields: Mapping[str, Any]
) -> AbstractUserAddress | None:
    """The saved address with the same values, or None."""
    wanted = {name: str(value or "") for name, value in fields.items()}
    return next(
        (
            address
            for address in addresses
            if {name: str(value) for name, value in fields_of(address).items()} == wanted
        ),
        None,
    )
