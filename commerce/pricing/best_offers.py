"""Which offers apply to a basket, and in which order: those that save the shopper most.

Offers compete if they may use the same units and do not allow each other there. Up to ``MAX_TRIED``
competing offers are tried in every order that their priorities allow, each with and without the others;
of equal savings the order of the shop stays. Offers that do not compete never change each other's
savings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, combinations, groupby, permutations, product
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket
    from oscar.apps.offer.abstract_models import AbstractConditionalOffer as Offer

#: Up to this many competing offers are tried in every order (at most 65); of more, only in some.
MAX_TRIED = 4

#: Applies offers to a basket without discounts, in order.
Apply = Callable[[Iterable["Offer"]], Any]


@dataclass(frozen=True)
class Plan:
    """``offers`` in the order in which to apply them.

    ``alone`` is what each one that could be applied would save without the others, and ``rivals``
    the offers that it competes with, both by the offer's key.
    """

    offers: list[Offer]
    alone: dict[int, Decimal]
    rivals: dict[int, list[Offer]]


def best_plan(basket: AbstractBasket, offers: Sequence[Offer], apply: Apply) -> Plan:
    """The offers that save most together. Leaves the basket's lines as ``apply`` last left them."""

    def saved() -> Decimal:
        return sum((line.discount_value for line in basket.all_lines()), Decimal(0))

    def saving(order: Iterable[Offer]) -> Decimal:
        apply(order)
        return saved()

    useful = [offer for offer in offers if not is_on_delivery(offer)]
    alone = {}
    if len(useful) > 1:
        # Some, such as points to be given later, save nothing and still apply.
        alone = {offer.pk: saved() for offer in useful if len(apply([offer]))}
        useful = [offer for offer in useful if offer.pk in alone]
    # Those on the delivery charge use up no units, and come before others take what they ask for.
    plan = [offer for offer in offers if is_on_delivery(offer)]
    rivals: dict[int, list[Offer]] = {}
    for group in _competing(basket, useful):
        rivals |= {one.pk: [other for other in group if other is not one] for one in group}
        plan += max(_orders(group, alone), key=saving) if len(group) > 1 else group
    return Plan(plan, alone, rivals)


def is_on_delivery(offer: Offer) -> bool:
    """Whether an offer lowers the delivery charge instead of the price of goods."""
    kind = offer.benefit
    return kind.type in (
        kind.SHIPPING_PERCENTAGE, kind.SHIPPING_ABSOLUTE, kind.SHIPPING_FIXED_PRICE
    )  # fmt: skip


def _competing(basket: AbstractBasket, offers: Sequence[Offer]) -> list[list[Offer]]:
    """The offers in groups; those of different groups do not influence each other."""
    lines = {id(offer): _lines_of(basket, offer) for offer in offers} if len(offers) > 1 else {}
    groups: list[list[Offer]] = []
    for offer in offers:
        rivals = [
            group
            for group in groups
            if any(
                lines[id(offer)] & lines[id(other)] and not may_combine(offer, other)
                for other in group
            )
        ]
        groups = [group for group in groups if group not in rivals]
        # In the shop's order, which decides between equal savings.
        merged = [*chain.from_iterable(rivals), offer]
        groups.append(sorted(merged, key=offers.index))
    return groups


def _lines_of(basket: AbstractBasket, offer: Offer) -> set[int]:
    """The positions of the lines that an offer may use."""
    ranges = [rule.range for rule in (offer.condition, offer.benefit) if rule.range]
    return {
        number
        for number, line in enumerate(basket.all_lines())
        if not ranges or any(row.contains_product(line.product) for row in ranges)
    }


def may_combine(one: Offer, other: Offer) -> bool:
    """Whether two offers may apply to the same units."""
    if one.exclusive or other.exclusive:
        return False
    if not (one.combinations.count() or other.combinations.count()):
        return True
    return other in one.combined_offers


def _orders(group: Sequence[Offer], alone: Mapping[int, Decimal]) -> Iterator[list[Offer]]:
    """Orders to try, that of the shop first: a higher priority precedes, and offers may be left out."""
    if len(group) > MAX_TRIED:
        by_saving = sorted(group, key=lambda offer: alone[offer.pk], reverse=True)
        yield list(group)
        yield by_saving
        for first in by_saving[:MAX_TRIED]:
            yield [first, *(offer for offer in group if offer is not first)]
        return
    for size in range(len(group), 0, -1):
        for chosen in combinations(group, size):
            by_priority = sorted(chosen, key=attrgetter("priority"), reverse=True)
            equal = [list(rows) for _key, rows in groupby(by_priority, attrgetter("priority"))]
            for parts in product(*(permutations(rows) for rows in equal)):
                yield list(chain.from_iterable(parts))


def one_of_each(offers: Iterable[Offer]) -> list[Offer]:
    """Each offer once: of several vouchers for one offer, only the first gives it."""
    return list({offer.pk: offer for offer in reversed(list(offers))}.values())[::-1]
