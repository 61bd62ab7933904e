"""The price per litre, kilogram or metre that the law wants beside a price.

The reference amounts are those of the EU's directive 98/6/EC: per litre, kilogram, metre and square
metre. Prices of small amounts may be given per 100 ml or 100 g where the national law allows it for
up to 250 ml or g; Germany's does not (PAngV, section 5, since 28 May 2022). Shops with imperial units
state those of NIST's Uniform Unit Pricing Regulation: per ounce, pound, fluid ounce, foot and square
foot.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from commerce.money import round_money
from commerce.shop_settings.current import current_shop

#: The unit of the price, how many of it a reference amount has, and the small reference amount.
REFERENCES = {
    "ml": ("l", Decimal(1000), ("100 ml", Decimal(100))),
    "l": ("l", Decimal(1), None),
    "g": ("kg", Decimal(1000), ("100 g", Decimal(100))),
    "kg": ("kg", Decimal(1), None),
    "m": ("m", Decimal(1), None),
    "m2": ("m²", Decimal(1), None),
}
#: Up to this many millilitres or grams, the small reference amount is used.
SMALL = 250
#: Countries in which it is not allowed.
WITHOUT_SMALL = {"DE"}
#: The imperial unit of each kind of content: its name, and how many of the metric unit it is.
OUNCE, POUND = ("oz", Decimal("28.349523125")), ("lb", Decimal("453.59237"))
FLUID_OUNCE = ("fl oz", Decimal("29.5735295625"))
IMPERIAL = {
    "ml": FLUID_OUNCE,
    "l": (FLUID_OUNCE[0], FLUID_OUNCE[1] / 1000),
    "g": POUND,
    "kg": (POUND[0], POUND[1] / 1000),
    "m": ("ft", Decimal("0.3048")),
    "m2": ("sq ft", Decimal("0.09290304")),
}


class Measured(Protocol):
    """What has a content, such as 750 and "ml", or None."""

    @property
    def content(self) -> Decimal | None:
        """How much it is."""

    @property
    def content_unit(self) -> str:
        """One of ``ProductDetails.Unit``."""


@dataclass(frozen=True)
class UnitPrice:
    """A price per reference amount: ``per`` is "l", "100 g", …; ``content`` is what is sold."""

    price: Decimal
    currency: str
    per: str
    content: Decimal
    content_unit: str


def unit_price(
    price: Decimal, currency: str, goods: Measured, *, is_metric: bool = True, country: str = ""
) -> UnitPrice | None:
    """The price per reference amount; None for goods without a content."""
    content, unit = goods.content, goods.content_unit
    if not content or unit not in REFERENCES:
        return None
    if is_metric:
        per, amount, small = REFERENCES[unit]
        if small and content <= SMALL and country not in WITHOUT_SMALL:
            per, amount = small
    else:
        is_light = unit == "g" and content < POUND[1]
        per, amount = OUNCE if is_light else IMPERIAL[unit]
    return UnitPrice(round_money(price * amount / content), currency, per, content, unit)


def shown_unit_price(price: Decimal, currency: str, goods: Measured) -> UnitPrice | None:
    """``unit_price`` in the shop's units and by the law of its country."""
    if not goods.content:
        return None
    shop = current_shop()
    return unit_price(price, currency, goods, is_metric=shop.is_metric, country=shop.country)
