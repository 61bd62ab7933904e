from oscar.apps.shipping.repository import Repository as OscarRepository

from commerce.delivery import delivery_methods
from commerce.forks.shipping.methods import TimedDelivery


class Repository(OscarRepository):
    """Offers the delivery methods of the address's country, in their order."""

    def get_available_shipping_methods(self, basket, shipping_addr=None, **kwargs):
        country = shipping_addr.country_id if shipping_addr else None
        at = getattr(kwargs.get("request"), "at", None)
        return [TimedDelivery(method, at=at) for method in delivery_methods(country_code=country)]

    def get_default_shipping_method(self, basket, shipping_addr=None, **kwargs):
        """The first method, or None where nothing is delivered to that country."""
        return next(
            iter(self.get_shipping_methods(basket, shipping_addr=shipping_addr, **kwargs)), None
        )
