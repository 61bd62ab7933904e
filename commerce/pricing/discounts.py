"""Which vouchers give a discount on a basket, and the names of discounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket


def vouchers_giving(basket: AbstractBasket) -> set[int]:
    """Keys of the vouchers that give a discount on a priced basket."""
    return {row["voucher"].pk for row in basket.offer_applications if row["voucher"]}


def discount_name(discount: Any) -> str:
    """The display name of an order's discount: "Voucher CODE" or the offer's name."""
    if discount.voucher_code:
        return _("Voucher %(code)s") % {"code": discount.voucher_code}
    return discount.message or discount.offer_name or ""


def application_name(application: Mapping[str, Any]) -> str:
    """The display name of a basket's discount; ``application`` is Oscar's dictionary of it."""
    if voucher := application["voucher"]:
        return _("Voucher %(code)s") % {"code": voucher.code}
    return application["name"]
