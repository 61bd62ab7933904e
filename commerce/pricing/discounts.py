"""Which vouchers give a discount on a basket, and the names of discounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from oscar.core.loading import get_class

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket


def vouchers_giving(basket: AbstractBasket) -> set[int]:
    """Keys of the vouchers that give a discount on a priced basket.

    A voucher on delivery gives one if no other offer lowers all charges at least as much.
    """
    rows = [row for row in basket.offer_applications if row["voucher"]]
    if any(row["result"].affects_shipping for row in rows):
        best = _best_on_delivery(basket)
        rows = [r for r in rows if not r["result"].affects_shipping or r["offer"].pk in best]
    return {row["voucher"].pk for row in rows}


def _best_on_delivery(basket: AbstractBasket) -> set[int]:
    """Keys of the offers that lower the charge of a delivery method."""
    methods = get_class("shipping.repository", "Repository")().get_shipping_methods(basket)
    lowered = (method for method in methods if getattr(method, "is_discounted", False))
    return {method.offer.pk for method in lowered if method.discount(basket) > 0}


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
