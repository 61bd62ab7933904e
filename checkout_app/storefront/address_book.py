"""The addresses an account keeps, as the checkout's first step offers and fills them."""

from checkout_app.storefront.forms import ShippingForm


def saved_addresses(user):
    """The account's addresses, the default one first; none for a guest."""
    if not user.is_authenticated:
        return []
    return list(user.addresses.select_related("country").order_by("-is_default_for_shipping", "pk"))


def fields_of(address):
    """A saved address as plain values, by the names of ShippingForm."""
    return {
        name: getattr(address, "country_id" if name == "country" else name) or ""
        for name in ShippingForm.Meta.fields
    }


def find_address(addresses, choice):
    """The saved address whose key was chosen, or None."""
    return next((address for address in addresses if str(address.pk) == str(choice)), None)


def find_same(addresses, fields):
    """The saved address that says what these fields say, or None."""
    wanted = {name: str(value or "") for name, value in fields.items()}
    return next(
        (
            address
            for address in addresses
            if {name: str(value) for name, value in fields_of(address).items()} == wanted
        ),
        None,
    )
