"""The delivery methods available to a basket."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from oscar.apps.shipping.repository import Repository as OscarRepository

from commerce.pricing.delivery import offered_delivery
from commerce.pricing.parcels import parcel_of_basket
from commerce.pricing.shipping_methods import DiscountedDelivery, TimedDelivery

if TYPE_CHECKING:
    from oscar.apps.address.abstract_models import AbstractAddress
    from oscar.apps.basket.abstract_models import AbstractBasket


class Repository(OscarRepository):
    """Offers the delivery methods that carry the basket to the address's country, in order."""

    def get_available_shipping_methods(
        self, basket: AbstractBasket, shipping_addr: AbstractAddress | None = None, **kwargs: Any
    ) -> list[TimedDelivery]:
        country = shipping_addr.country_id if shipping_addr else None
        parcel = parcel_of_basket(basket)
        return [TimedDelivery(method, parcel) for method in offered_delivery(country, parcel)]

    def apply_shipping_offers(
        self, basket: AbstractBasket, methods: Iterable[TimedDelivery]
    ) -> list[Any]:
        """Lower each charge by the offer that lowers it most. Oscar takes the first offer."""
        offers = [row["offer"] for row in basket.shipping_discounts]
        return [self._with_best(basket, method, offers) for method in methods]

    def _with_best(self, basket: AbstractBasket, method: TimedDelivery, offers: list[Any]) -> Any:
        charge = method.calculate(basket).incl_tax
        best = max(offers, key=lambda offer: offer.shipping_discount(charge, basket.currency))
        return DiscountedDelivery(method, best) if charge else method
