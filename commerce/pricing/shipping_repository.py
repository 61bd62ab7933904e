"""Which delivery methods a basket is offered."""

from oscar.apps.shipping.repository import Repository as OscarRepository

from commerce.pricing.delivery import offered_delivery
from commerce.pricing.shipping_methods import TimedDelivery


class Repository(OscarRepository):
    """Offers the delivery methods of the address's country, in their order."""

    def get_available_shipping_methods(self, basket, shipping_addr=None, **kwargs):
        country = shipping_addr.country_id if shipping_addr else None
        at = getattr(kwargs.get("request"), "at", None)
        return [TimedDelivery(method, at=at) for method in offered_delivery(country)]
