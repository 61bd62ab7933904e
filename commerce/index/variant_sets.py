"""Sets of listings that distinguish variants. Pure: bitmaps, no ORM.

A filter may match some variants of a product and not others. Two filters match a product only if
one variant meets both, so sets are combined variant by variant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pyroaring import AbstractBitMap, BitMap


@dataclass(frozen=True)
class VariantSet:
    """Listings with all variants in the set (``shared``), or with only some of them.

    ``numbered`` is ``{n: listings whose n-th variant is in the set}``, counted from 1. A listing is
    in the set if any of its variants is.
    """

    shared: AbstractBitMap = field(default_factory=BitMap)
    numbered: Mapping[int, AbstractBitMap] = field(default_factory=dict)

    def __or__(self, other: VariantSet) -> VariantSet:
        return VariantSet(
            self.shared | other.shared,
            {n: self._at(n) | other._at(n) for n in self.numbered.keys() | other.numbered.keys()},
        )

    def __and__(self, other: VariantSet) -> VariantSet:
        """The variants in both sets."""
        numbered = {}
        for n in self.numbered.keys() | other.numbered.keys():
            mine, theirs = self._at(n), other._at(n)
            both = (mine & theirs) | (mine & other.shared) | (self.shared & theirs)
            if both:
                numbered[n] = both
        return VariantSet(self.shared & other.shared, numbered)

    def _at(self, n: int) -> AbstractBitMap:
        return self.numbered.get(n) or BitMap()

    def without(self, listings: AbstractBitMap) -> VariantSet:
        """The set without some listings."""
        numbered = {n: members - listings for n, members in self.numbered.items()}
        return VariantSet(self.shared - listings, numbered)

    def listings(self) -> AbstractBitMap:
        """The listings with at least one variant in the set."""
        return BitMap.union(self.shared, *self.numbered.values()) if self.numbered else self.shared

    def count_with(self, other: VariantSet) -> int:
        """The number of listings with a variant in both sets."""
        if not self.numbered or not other.numbered:
            return self.listings().intersection_cardinality(other.listings())
        return len((self & other).listings())

    def variants_of(self, listing: int) -> tuple[int, ...]:
        """The numbers of the listing's variants in the set; empty if all or none are."""
        if listing in self.shared:
            return ()
        return tuple(n for n, members in sorted(self.numbered.items()) if listing in members)


def union_of(sets: Iterable[VariantSet]) -> VariantSet:
    """The union of any number of sets."""
    sets = list(sets)
    numbered: dict[int, AbstractBitMap] = {}
    for part in sets:
        for n, members in part.numbered.items():
            numbered[n] = numbered[n] | members if n in numbered else members
    return VariantSet(BitMap.union(BitMap(), *(part.shared for part in sets)), numbered)
