"""The price per litre, kilogram or metre that the law wants beside a price.

The reference amounts are those of the EU's directive 98/6/EC: per litre, kilogram, metre and square
metre. Prices of small amounts may be given per 100 ml or 100 g, as the directive's national laws
allow for up to 250 ml or g. Shops with imperial units state those of NIST's Uniform Unit Pricing
Regulation: per ounce, pound, fluid ounce, foot and square foot.
"""

from dataclasses import dataclass
from decimal import Decimal

from commerce.money import round_money
from commerce.stock.selling import Selling

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


@dataclass(frozen=True)
class UnitPrice:
    """A price per reference amount: ``per`` is "l", "100 g", …"""

    price: Decimal
    currency: str
    per: str


def unit_price(
    price: Decimal, currency: str, selling: Selling, *, is_metric: bool = True
) -> UnitPrice | None:
    """The price per reference amount; None for a product without a content."""
    if not selling.content or selling.content_unit not in REFERENCES:
        return None
    if not is_metric:
        per, amount = IMPERIAL[selling.content_unit]
        if selling.content_unit == "g" and selling.content < POUND[1]:
            per, amount = OUNCE
        return UnitPrice(round_money(price * amount / selling.content), currency, per)
    per, amount, small = REFERENCES[selling.content_unit]
    if small and selling.content <= SMALL:
        per, amount = small
    return UnitPrice(round_money(price * amount / selling.content), currency, per)
