"""Which ways to pay are open to an order: by setting, by country and by amount."""

from django.conf import settings

from checkout_app.exceptions import MethodGone, NothingOffered
from checkout_app.gateways.registry import is_selling
from checkout_app.models import Method


def offered_methods(*, total, country):
    """The methods for a total and the billing address's country (a code, or None), the first first.

    An order that costs nothing has one, which nobody sees. A shop without a card gateway
    offers none at all, nor does one that is closed: it is not set up to sell.
    """
    if not is_selling():
        return []
    methods = [Method.CARD]
    if total and _transfer_is_offered(total, country):
        methods.append(Method.TRANSFER)
    return methods


def _transfer_is_offered(total, country):
    countries = settings.TRANSFER_COUNTRIES
    return bool(
        settings.TRANSFER_ACCOUNT
        and total >= settings.TRANSFER_FROM
        and (not countries or country in countries)
    )


def checked_method(name, *, total, country):
    """The method that was chosen; the first where none was. Raises MethodGone for any other,
    NothingOffered where there is no way to pay."""
    methods = offered_methods(total=total, country=country)
    if not methods:
        raise NothingOffered
    if not name:
        return methods[0]
    if name not in methods:
        raise MethodGone
    return Method(name)
