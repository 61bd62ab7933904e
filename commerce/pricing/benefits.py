"""Oscar's benefits with the faults of its counting mended: docs/pricing.md, "Offers over several units".

In all of them a line that other offers have used up is passed over, and "at most n items" is a limit
for the basket, however often the offer applies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from oscar.apps.offer import benefits as oscars
from oscar.apps.offer.results import SHIPPING_DISCOUNT, ZERO_DISCOUNT, BasketDiscount
from oscar.apps.offer.results import ShippingDiscount as OscarShippingDiscount

from commerce.pricing.conditions import CoverageCondition, ValueCondition

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket, AbstractLine
    from oscar.apps.offer.abstract_models import AbstractConditionalOffer

#: (unit price, line, units)
Share = tuple[Decimal, "AbstractLine", int]
NOTHING = Decimal("0.00")


class _FreeUnits:
    """Finds the units that a benefit may discount."""

    max_affected_items: int | None
    round: Any

    def free_units(
        self, offer: AbstractConditionalOffer, basket: AbstractBasket
    ) -> Iterator[Share]:
        """Units of the benefit's range that no other offer has used, cheapest first.

        With ``max_affected_items``, only as many as are left of them.
        """
        lines = sorted(
            self.get_applicable_lines(offer, basket),  # type: ignore[attr-defined]
            key=lambda row: (row[0], row[1].product_id),
        )
        left = self.max_affected_items or None
        if left is not None:
            left -= sum(line.quantity_with_offer_discount(offer) for _price, line in lines)
        for price, line in lines:
            units = line.quantity_without_offer_discount(offer)
            if left is not None:
                units = min(units, left)
            if units > 0:
                yield price, line, units
                left = None if left is None else left - units

    def discount_each(
        self,
        offer: AbstractConditionalOffer,
        basket: AbstractBasket,
        amount: Callable[[Decimal], Decimal],
        most: Decimal | None,
    ) -> Decimal:
        """Take ``amount(price)`` off each free unit, ``most`` in total; return the sum."""
        total = NOTHING
        for price, line, units in list(self.free_units(offer, basket)):
            discount = amount(price) * units
            if most is not None:
                discount = min(discount, most - total)
            if discount > 0:
                oscars.apply_discount(line, discount, units, offer)
                total += discount
        return total

    def spread(
        self, discount: Decimal, shares: list[Share], offer: AbstractConditionalOffer, currency: str
    ) -> None:
        """Discount lines by their share of the value; the last one bears what rounding leaves."""
        value, left = sum((price * units for price, _line, units in shares), NOTHING), discount
        for price, line, units in shares[:-1]:
            part = min(self.round(discount * price * units / value, currency), left)
            oscars.apply_discount(line, part, units, offer)
            left -= part
        _price, line, units = shares[-1]
        oscars.apply_discount(line, left, units, offer)


class PercentageDiscountBenefit(_FreeUnits, oscars.PercentageDiscountBenefit):
    class Meta:
        app_label = "commerce"
        proxy = True
        default_permissions = ()

    def apply(
        self,
        basket: AbstractBasket,
        condition: Any,
        offer: AbstractConditionalOffer,
        discount_percent: Decimal | None = None,
        max_total_discount: Decimal | None = None,
        **kwargs: Any,
    ) -> BasketDiscount:
        wanted = self.value if discount_percent is None else discount_percent
        percent = min(Decimal(wanted), Decimal(100))  # an unsaved benefit may have an int
        total = self.discount_each(
            offer, basket, lambda price: percent / 100 * price, max_total_discount
        )
        return BasketDiscount(self.round(total, basket.currency))


class AbsoluteDiscountBenefit(_FreeUnits, oscars.AbsoluteDiscountBenefit):
    class Meta:
        app_label = "commerce"
        proxy = True
        default_permissions = ()

    def apply(
        self,
        basket: AbstractBasket,
        condition: Any,
        offer: AbstractConditionalOffer,
        discount_amount: Decimal | None = None,
        max_total_discount: Decimal | None = None,
        **kwargs: Any,
    ) -> BasketDiscount:
        shares = list(self.free_units(offer, basket))
        value = sum((price * units for price, _line, units in shares), NOTHING)
        discount = min(self.value if discount_amount is None else discount_amount, value)
        if max_total_discount is not None:
            discount = min(discount, max_total_discount)
        if discount <= 0:
            return ZERO_DISCOUNT
        self.spread(discount, shares, offer, basket.currency)
        return BasketDiscount(discount)


class FixedUnitDiscountBenefit(_FreeUnits, oscars.FixedUnitDiscountBenefit):
    class Meta:
        app_label = "commerce"
        proxy = True
        default_permissions = ()

    def apply(
        self,
        basket: AbstractBasket,
        condition: Any,
        offer: AbstractConditionalOffer,
        discount_amount: Decimal | None = None,
        max_total_discount: Decimal | None = None,
        **kwargs: Any,
    ) -> BasketDiscount:
        amount = self.value if discount_amount is None else discount_amount
        total = self.discount_each(
            offer, basket, lambda price: min(price, amount), max_total_discount
        )
        return BasketDiscount(total)


class FixedPriceBenefit(_FreeUnits, oscars.FixedPriceBenefit):
    """Sells what meets the condition for a fixed price, the dearest units first.

    Oscar takes the cheapest, and stops as soon as they cost less than the fixed price.
    """

    class Meta:
        app_label = "commerce"
        proxy = True
        default_permissions = ()

    def apply(
        self,
        basket: AbstractBasket,
        condition: Any,
        offer: AbstractConditionalOffer,
        **kwargs: Any,
    ) -> BasketDiscount:
        if isinstance(condition, ValueCondition):
            return ZERO_DISCOUNT
        wanted, shares, covered = int(condition.value), [], set()
        lines = self.get_applicable_lines(offer, basket, range=condition.range)
        for price, line in sorted(lines, key=lambda row: (-row[0], row[1].product_id)):
            units = min(line.quantity_without_offer_discount(offer), wanted)
            if isinstance(condition, CoverageCondition):
                units = 0 if line.product_id in covered else min(units, 1)
            if units > 0:
                covered.add(line.product_id)
                shares.append((price, line, units))
                wanted -= units
        value = sum((price * units for price, _line, units in shares), NOTHING)
        if wanted or value <= self.value:
            return ZERO_DISCOUNT
        self.spread(value - self.value, shares, offer, basket.currency)
        return BasketDiscount(value - self.value)


class MultibuyDiscountBenefit(_FreeUnits, oscars.MultibuyDiscountBenefit):
    """Gives the cheapest unit free, again for each time that the condition is met by other units."""

    class Meta:
        app_label = "commerce"
        proxy = True
        default_permissions = ()

    def apply(
        self,
        basket: AbstractBasket,
        condition: Any,
        offer: AbstractConditionalOffer,
        **kwargs: Any,
    ) -> BasketDiscount:
        price, line, _units = next(self.free_units(offer, basket), (NOTHING, None, 0))
        if line is None:
            return ZERO_DISCOUNT
        oscars.apply_discount(line, price, 1, offer)
        condition.consume_items(offer, basket, [(line, price, 1)])
        return BasketDiscount(price)


class _OnDelivery:
    """Lowers the delivery charge. Uses up no units: exclusive offers exclude each other on items."""

    def apply(
        self,
        basket: AbstractBasket,
        condition: Any,
        offer: AbstractConditionalOffer,
        **kwargs: Any,
    ) -> OscarShippingDiscount:
        return SHIPPING_DISCOUNT


class ShippingAbsoluteDiscountBenefit(_OnDelivery, oscars.ShippingAbsoluteDiscountBenefit):
    class Meta:
        app_label = "commerce"
        proxy = True
        default_permissions = ()


class ShippingFixedPriceBenefit(_OnDelivery, oscars.ShippingFixedPriceBenefit):
    class Meta:
        app_label = "commerce"
        proxy = True
        default_permissions = ()


class ShippingPercentageDiscountBenefit(_OnDelivery, oscars.ShippingPercentageDiscountBenefit):
    class Meta:
        app_label = "commerce"
        proxy = True
        default_permissions = ()
