"""Oscar's shipping methods, backed by ``commerce.DeliveryMethod``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oscar.apps.shipping.methods import Base, TaxInclusiveOfferDiscount
from oscar.core.prices import Price

from commerce.models import DeliveryMethod
from commerce.pricing.delivery import (
    NOTHING_WEIGHED,
    arrival_of,
    delivery_charge,
    goods_for_delivery,
)
from commerce.pricing.parcels import Parcel
from commerce.tax import rate_in

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket


class TimedDelivery(Base):
    """Adapts a ``commerce.DeliveryMethod`` to Oscar: its charge and the expected arrival."""

    def __init__(self, method: DeliveryMethod, parcel: Parcel = NOTHING_WEIGHED) -> None:
        self.method, self.parcel = method, parcel
        self.code = method.code
        self.name = method.name
        self.description = method.description
        self.arrival = arrival_of(method, parcel.ready) if parcel.is_ready_known else None
        self.is_digital = method.is_digital

    def calculate(self, basket: AbstractBasket) -> Price:
        charge = delivery_charge(self.method, goods_for_delivery(basket), self.parcel)
        goods = (
            (line.product, line.line_price_incl_tax_incl_discounts)
            for line in basket.all_lines()
            if line.purchase_info.price.exists
        )
        gross, rate = basket.strategy.taxes.delivery_price(charge, goods)
        return Price(
            currency=basket.currency,
            excl_tax=basket.net_of_delivery(gross, rate),
            incl_tax=gross,
            tax_code=rate.code,
        )


class DiscountedDelivery(TaxInclusiveOfferDiscount):
    """A delivery method whose charge an offer lowers. Tax is of what is charged."""

    def calculate(self, basket: AbstractBasket) -> Price:
        price = super().calculate(basket)
        if rate := rate_in(price.tax_code):
            price.excl_tax = basket.net_of_delivery(price.incl_tax, rate)
        return price


def stored_method(row: Any) -> DeliveryMethod | None:
    """What one of Oscar's shipping method objects stands for, unwrapping delivery offers, or None."""
    while row is not None and not isinstance(row, DeliveryMethod):
        row = getattr(row, "method", None)
    return row
