"""The delivery methods available to a basket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oscar.apps.shipping.repository import Repository as OscarRepository

from commerce.pricing.delivery import offered_delivery
from commerce.pricing.shipping_methods import TimedDelivery

if TYPE_CHECKING:
    from oscar.apps.address.abstract_models import AbstractAddress
    from oscar.apps.basket.abstract_models import AbstractBasket


class Repository(OscarRepository):
    """Offers the delivery methods of the address's country, in display order."""

    def get_available_shipping_methods(
        self, basket: AbstractBasket, shipping_addr: AbstractAddress | None = None, **kwargs: Any
    ) -> list[TimedDelivery]:
        country = shipping_addr.country_id if shipping_addr else None
        return [TimedDelivery(method) for method in offered_delivery(country)]
