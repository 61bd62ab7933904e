"""Which offers apply to a basket, and in which order: those that save the shopper most.

Offers compete if they may use the same units and do not allow each other there. A few competing offers
are tried in every order that their priorities allow, each with and without the others; of equal savings
the order of the shop stays. Offers that do not compete never change each other's savings.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, combinations, groupby, islice, permutations, product
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket
    from oscar.apps.offer.abstract_models import AbstractConditionalOffer as Offer

#: Up to so many competing offers are tried in every order (24, or 65 if priorities differ), more in some.
MAX_TRIED = 4
#: Units of the basket times orders that are tried. Offers that repeat work through the units one by one.
MOST_WORK = 4_000

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
    trials = max(2, MOST_WORK // max(1, sum(line.quantity for line in basket.all_lines())))
    pairs = _rival_pairs(basket, useful)
    for group in _groups(useful, pairs):
        for one in group:
            rivals[one.pk] = [other for other in group if frozenset((one.pk, other.pk)) in pairs]
        if len(group) > MAX_TRIED:
            plan += _built_up(group, alone, saving, trials=trials)
        elif len(group) > 1:
            plan += max(islice(_orders(group, alone), trials), key=saving)
        else:
            plan += group
    return Plan(plan, alone, rivals)


def is_on_delivery(offer: Offer) -> bool:
    """Whether an offer lowers the delivery charge instead of the price of goods."""
    kind = offer.benefit
    return kind.type in (
        kind.SHIPPING_PERCENTAGE, kind.SHIPPING_ABSOLUTE, kind.SHIPPING_FIXED_PRICE
    )  # fmt: skip


def _rival_pairs(basket: AbstractBasket, offers: Sequence[Offer]) -> set[frozenset[int]]:
    """The keys of each two offers that compete."""
    lines = {offer.pk: _lines_of(basket, offer) for offer in offers} if len(offers) > 1 else {}
    return {
        frozenset((one.pk, other.pk))
        for one, other in combinations(offers, 2)
        if lines[one.pk] & lines[other.pk] and not may_combine(one, other)
    }


def _groups(offers: Sequence[Offer], pairs: Collection[frozenset[int]]) -> list[list[Offer]]:
    """The offers in groups, in the shop's order; those of different groups do not compete."""
    groups: list[list[Offer]] = []
    for offer in offers:
        joined = [
            group for group in groups if any(frozenset((offer.pk, o.pk)) in pairs for o in group)
        ]
        groups = [group for group in groups if group not in joined]
        groups.append(sorted([*chain.from_iterable(joined), offer], key=offers.index))
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


def _by_priority(offers: Iterable[Offer]) -> list[Offer]:
    """A higher priority precedes: else an exclusive offer would not block a later one above it."""
    return sorted(offers, key=attrgetter("priority"), reverse=True)


def _orders(group: Sequence[Offer], alone: Mapping[int, Decimal]) -> Iterator[list[Offer]]:
    """All orders, the most promising first: that of the shop, and the one by savings."""
    yield _by_priority(group)
    by_saving = sorted(group, key=lambda offer: alone[offer.pk], reverse=True)
    yield _by_priority(by_saving)
    for offer in by_saving:
        yield [offer]
    # With equal priorities, what is left out may as well come last.
    smallest = len(group) if len({offer.priority for offer in group}) == 1 else 2
    for size in range(len(group), smallest - 1, -1):
        for chosen in combinations(by_saving, size):
            equal = [list(rows) for _key, rows in groupby(_by_priority(chosen), _priority)]
            for parts in product(*(permutations(rows) for rows in equal)):
                yield list(chain.from_iterable(parts))


_priority = attrgetter("priority")


def _built_up(
    group: Sequence[Offer],
    alone: Mapping[int, Decimal],
    saving: Callable[[Iterable[Offer]], Decimal],
    *,
    trials: int,
) -> list[Offer]:
    """The best of many competing offers found in some trials.

    The shop's order, all that may be combined, each that may not, and the offers by savings, each added
    if that saves more.
    """
    by_saving = sorted(group, key=lambda offer: alone[offer.pk], reverse=True)
    orders = [
        _by_priority(group),
        _by_priority(by_saving),
        _by_priority(offer for offer in group if not offer.exclusive),
        *([offer] for offer in by_saving if offer.exclusive),
    ]
    best = max(orders[:trials], key=saving)
    most, added = saving(best), Decimal(0)
    chosen: list[Offer] = []
    for offer in by_saving[: max(0, trials - len(orders))]:
        order = _by_priority([*chosen, offer])
        if (saved := saving(order)) > added:
            chosen, added = order, saved
    return chosen if added > most else best


def one_of_each(offers: Iterable[Offer]) -> list[Offer]:
    """Each offer once: of several vouchers for one offer, only the first gives it."""
    return list({offer.pk: offer for offer in reversed(list(offers))}.values())[::-1]
