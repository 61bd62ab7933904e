"""Payment methods on offer, by setting, country and amount."""

from decimal import Decimal

from django.conf import settings

from checkout_app.exceptions import MethodGone, NothingOffered
from checkout_app.gateways.registry import is_selling
from checkout_app.models import Method
from commerce.money import smallest_card_payment


def offered_methods(*, total: Decimal, country: str | None) -> list[Method]:
    """The methods for a total and a billing country (its code, or None), the default one first.

    A free order has one too; the page does not show it. A shop without a card gateway offers
    none, and neither does one with ``SALES`` off. Cards are not charged less than the gateway's
    minimum.
    """
    if not is_selling():
        return []
    methods = [] if is_too_small(total) else [Method.CARD]
    if total and _transfer_is_offered(total, country):
        methods.append(Method.TRANSFER)
    return methods


def is_too_small(total: Decimal) -> bool:
    """Whether a total is less than a card can be charged."""
    return 0 < total < smallest_card_payment(settings.OSCAR_DEFAULT_CURRENCY)


def _transfer_is_offered(total: Decimal, country: str | None) -> bool:
    countries = settings.TRANSFER_COUNTRIES
    return bool(
        settings.TRANSFER_ACCOUNT
        and total >= settings.TRANSFER_FROM
        and (not countries or country in countries)
    )


def checked_method(name: str, *, total: Decimal, country: str | None) -> Method:
    """The chosen method; the default one if ``name`` is empty.

    Raises MethodGone if it is not on offer, NothingOffered if no method is.
    """
    methods = offered_methods(total=total, country=country)
    if not methods:
        raise NothingOffered
    if not name:
        return methods[0]
    if name not in methods:
        raise MethodGone
    return Method(name)
