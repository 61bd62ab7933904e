"""Which country's VAT a supply bears, and why it may bear none. Pure.

Sources: Directive 2006/112/EC, articles 33 and 59c (distance sales and their threshold), 58 (digital
services), 138 (supplies to businesses in other member states), 146 (exports), 196 (reverse charge);
VAT Act 1994, section 30; Windsor Framework, article 8. docs/tax.md has the table.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from commerce.shop_values.vat_numbers import country_of_vat_number
from commerce.shop_values.vat_territories import (
    EU,
    EU_STATES,
    NORTHERN_IRELAND,
    Territory,
    territory_of,
)
from commerce.tax import Relief


@dataclass(frozen=True)
class Seller:
    """Where the shop supplies from, and where it accounts for VAT.

    ``registered`` are the other countries that it is registered in. ``has_oss``: distance sales in the EU
    bear the VAT of their destination, through the One Stop Shop; otherwise that of the seller, who is below
    the threshold.
    """

    territory: Territory
    registered: Collection[str] = ()
    has_oss: bool = False


@dataclass(frozen=True)
class Destination:
    """Where an order goes, as far as it is known. ``vat_number`` is a business's, checked.

    Goods that are collected go nowhere: they are supplied in the shop.
    """

    country: str = ""
    postcode: str = ""
    vat_number: str = ""
    is_collected: bool = False

    @property
    def territory(self) -> Territory | None:
        """Its territory; None as long as the country is unknown."""
        return territory_of(self.country, self.postcode) if self.country else None


@dataclass(frozen=True)
class Treatment:
    """The territory whose rates apply, or with a relief the one that the supply goes to."""

    territory: Territory
    relief: Relief = Relief.NONE


def treatment_of(seller: Seller, destination: Destination, *, is_shipped: bool) -> Treatment:
    """How a supply is taxed: goods that are shipped, or anything else, such as a download."""
    to = destination.territory
    home = Treatment(seller.territory)
    if to is None or (destination.is_collected and is_shipped):
        return home
    if to.state == seller.territory.state:
        return Treatment(to)
    areas = _areas(seller.territory, to, is_shipped=is_shipped)
    if areas == (EU, EU) and _is_business(seller.territory, destination, is_shipped=is_shipped):
        return Treatment(to, Relief.REVERSE)
    # Goods from the EU to Northern Ireland are distance sales within the EU: a number there begins with XI.
    is_distance_sale = areas == (EU, EU) and to.code == NORTHERN_IRELAND
    if (to.code if is_distance_sale else to.state) in seller.registered:
        return Treatment(to)
    if areas == (EU, EU):
        return Treatment(to) if seller.has_oss else home
    if is_shipped:
        return Treatment(to, Relief.EXPORT)
    is_consumer = not _is_business(seller.territory, destination, is_shipped=False)
    if areas[1] == EU and seller.has_oss and is_consumer:
        return Treatment(to)
    return Treatment(to, Relief.OUTSIDE)


def _areas(seller: Territory, to: Territory, *, is_shipped: bool) -> tuple[str, str]:
    if is_shipped:
        return seller.goods_area, to.goods_area
    return seller.services_area, to.services_area


def _is_business(seller: Territory, destination: Destination, *, is_shipped: bool) -> bool:
    """Whether the VAT number is of another member state, or for goods of Northern Ireland."""
    if not destination.vat_number:
        return False
    country = country_of_vat_number(destination.vat_number)
    if country == NORTHERN_IRELAND:
        return is_shipped and seller.code != NORTHERN_IRELAND
    return country in EU_STATES and country != seller.state


def may_reverse(seller: Territory) -> bool:
    """Whether a business's VAT number can change the tax of what this seller supplies."""
    return EU in (seller.goods_area, seller.services_area)
