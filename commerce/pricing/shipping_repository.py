"""The delivery methods available to a basket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oscar.apps.shipping.repository import Repository as OscarRepository

from commerce.pricing.delivery import offered_delivery
from commerce.pricing.parcels import parcel_of_basket
from commerce.pricing.shipping_methods import TimedDelivery

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
