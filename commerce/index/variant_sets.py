"""Sets of listings that remember which of their variants are meant. Pure: bitmaps, no ORM.

A filter may hold for some variants of a product and not for others. Two filters match a product only
where one and the same variant has both, so sets are combined variant by variant.
"""

from dataclasses import dataclass, field

from pyroaring import BitMap


@dataclass(frozen=True)
class VariantSet:
    """Listings of which every variant is meant (``shared``), or only some of them.

    ``numbered`` is ``{n: listings whose n-th variant is meant}``, counted from 1. A listing is in the
    set where any of its variants is.
    """

    shared: BitMap = field(default_factory=BitMap)
    numbered: dict[int, BitMap] = field(default_factory=dict)

    def __or__(self, other):
        return VariantSet(
            self.shared | other.shared,
            {n: self._at(n) | other._at(n) for n in self.numbered.keys() | other.numbered.keys()},
        )

    def __and__(self, other):
        """What both mean in the same variant."""
        numbered = {}
        for n in self.numbered.keys() | other.numbered.keys():
            mine, theirs = self._at(n), other._at(n)
            both = (mine & theirs) | (mine & other.shared) | (self.shared & theirs)
            if both:
                numbered[n] = both
        return VariantSet(self.shared & other.shared, numbered)

    def _at(self, n):
        return self.numbered.get(n) or BitMap()

    def without(self, listings):
        """The same without some listings."""
        numbered = {n: members - listings for n, members in self.numbered.items()}
        return VariantSet(self.shared - listings, numbered)

    def listings(self):
        """Every listing of which a variant is meant."""
        return BitMap.union(self.shared, *self.numbered.values()) if self.numbered else self.shared

    def count_with(self, other):
        """How many listings have a variant that is in both sets."""
        if not self.numbered or not other.numbered:
            return self.listings().intersection_cardinality(other.listings())
        return len((self & other).listings())

    def variants_of(self, listing):
        """The numbers of the variants that are meant; none where all of them are, or no one is."""
        if listing in self.shared:
            return ()
        return tuple(n for n, members in sorted(self.numbered.items()) if listing in members)


def union_of(sets):
    """The union of any number of sets."""
    sets = list(sets)
    numbered = {}
    for part in sets:
        for n, members in part.numbered.items():
            numbered[n] = numbered[n] | members if n in numbered else members
    return VariantSet(BitMap.union(BitMap(), *(part.shared for part in sets)), numbered)
