"""Oscar's view of a delivery method: its charge and its arrival."""

from oscar.apps.shipping.methods import Base
from oscar.core.prices import Price

from commerce.pricing.delivery import arrival_of, delivery_charge
from commerce.tax import STANDARD_CODE, split_gross


class TimedDelivery(Base):
    """Oscar's view of a commerce.DeliveryMethod: its charge, and when the order arrives."""

    def __init__(self, method, *, at=None):
        self.method = method
        self.code = method.code
        self.name = method.name
        self.description = method.description
        self.arrival = arrival_of(method, at=at)

    def calculate(self, basket):
        charge = delivery_charge(self.method, basket.total_incl_tax)
        return Price(
            currency=basket.currency,
            excl_tax=split_gross(charge).excl,
            incl_tax=charge,
            tax_code=STANDARD_CODE,
        )
