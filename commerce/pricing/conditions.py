"""Oscar's conditions, which use up exactly the units that met them.

Oscar counts discounted units of other products as if they had met the condition: with "a gift for two
of these", three gave two gifts.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING, Any

from oscar.apps.offer import conditions as oscars
from oscar.apps.offer.utils import unit_price

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket, AbstractLine
    from oscar.apps.offer.abstract_models import AbstractConditionalOffer


#: (line, discount, units)
Affected = tuple["AbstractLine", Decimal, int]


def _dearest_first(
    condition: Any, offer: AbstractConditionalOffer, basket: AbstractBasket
) -> list[tuple[Decimal, AbstractLine]]:
    """The lines of a condition; the order in which they were put into the basket does not matter."""
    lines = condition.get_applicable_lines(offer, basket)
    return sorted(lines, key=lambda row: (-row[0], row[1].product_id))


class CountCondition(oscars.CountCondition):
    class Meta:
        app_label = "commerce"
        proxy = True
        default_permissions = ()

    def consume_items(
        self,
        offer: AbstractConditionalOffer,
        basket: AbstractBasket,
        affected_lines: Iterable[Affected],
    ) -> None:
        left = int(self.value) - sum(
            units for line, _discount, units in affected_lines if self.can_apply_condition(line)
        )
        for _price, line in _dearest_first(self, offer, basket):
            if left <= 0:
                return
            units = min(left, line.quantity_without_offer_discount(offer))
            line.consume(units, offer=offer)
            left -= units


class CoverageCondition(oscars.CoverageCondition):
    class Meta:
        app_label = "commerce"
        proxy = True
        default_permissions = ()

    def consume_items(
        self,
        offer: AbstractConditionalOffer,
        basket: AbstractBasket,
        affected_lines: Iterable[Affected],
    ) -> None:
        covered = {
            line.product_id
            for line, _discount, _units in affected_lines
            if self.can_apply_condition(line)
        }
        for _price, line in _dearest_first(self, offer, basket):
            if len(covered) >= self.value:
                return
            if line.product_id in covered:
                continue
            if line.is_available_for_offer_discount(offer):
                line.consume(1, offer=offer)
                covered.add(line.product_id)


class ValueCondition(oscars.ValueCondition):
    class Meta:
        app_label = "commerce"
        proxy = True
        default_permissions = ()

    def consume_items(
        self,
        offer: AbstractConditionalOffer,
        basket: AbstractBasket,
        affected_lines: Iterable[Affected],
    ) -> None:
        left = self.value - sum(
            unit_price(offer, line) * units
            for line, _discount, units in affected_lines
            if self.can_apply_condition(line)
        )
        for price, line in _dearest_first(self, offer, basket):
            if left <= 0:
                return
            needed = int((left / price).quantize(Decimal(1), ROUND_UP))
            units = min(line.quantity_without_offer_discount(offer), needed)
            line.consume(units, offer=offer)
            left -= price * units
