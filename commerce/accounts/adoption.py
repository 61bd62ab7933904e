"""Moves guest orders to the account of their address."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from oscar.apps.address.abstract_models import AbstractAddress
from oscar.core.loading import get_model

from commerce.accounts.postal_addresses import save_address


def adopt_guest_orders(user: AbstractBaseUser, email: str) -> int:
    """Give an account the guest orders placed with its confirmed address. Returns how many.

    If the account has no address or name yet, it takes them from the newest order.
    """
    orders = get_model("order", "Order").objects.filter(user=None, guest_email__iexact=email)
    newest = orders.exclude(shipping_address=None).order_by("-pk").first()
    if newest:
        _save_first_address(user, newest.shipping_address)
    return orders.update(user=user)


def _save_first_address(user: Any, address: AbstractAddress) -> None:
    if not user.first_name and not user.last_name:
        user.first_name, user.last_name = address.first_name, address.last_name
        user.save(update_fields=["first_name", "last_name"])
    if not user.addresses.exists():
        save_address(user, address)
