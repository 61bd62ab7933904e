"""The query string of a list of products: what it asks for, and the addresses that change it."""

from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from commerce.models.sort_keys import SORTS
from commerce.urls import PLAIN

#: Longer searches are cut: no title is that long.
MAX_QUERY = 120
#: Parameters that are no filter.
OTHERS = {"q", "sort", "page", "exact"}
#: Values that are looked at, of one filter and of all.
MAX_VALUES = 40


@dataclass(frozen=True)
class ListingQuery:
    """One list as its query string asks for it. Unknown values are left out, never an error.

    ``filters`` is ``{parameter: codes}`` in the order of the address; which of them are filters of
    the shop, and which codes they have, is known to ``commerce.catalogue.product_lists`` alone.
    """

    words: str = ""
    filters: dict = field(default_factory=dict)
    sort: str = SORTS[0]
    page: str = "1"
    is_exact: bool = False
    default_sort: str = SORTS[0]

    @classmethod
    def from_parameters(cls, parameters, *, default_sort=SORTS[0]):
        """Reads a QueryDict; ``default_sort`` is the order of a list that is asked for in none."""
        sort = parameters.get("sort", "")
        return cls(
            words=" ".join(parameters.get("q", "").replace("\x00", " ").split())[:MAX_QUERY],
            filters={
                name: tuple(dict.fromkeys(filter(None, parameters.getlist(name))))[:MAX_VALUES]
                for name in list(parameters)[:MAX_VALUES]
                if name not in OTHERS
            },
            sort=sort if sort in SORTS else default_sort,
            default_sort=default_sort,
            page=parameters.get("page", "1"),
            is_exact=parameters.get("exact") == "1",
        )

    def restricted_to(self, names):
        """The same with the filters that the shop has; other parameters are no part of a list."""
        known = {name: codes for name, codes in self.filters.items() if name in names}
        return replace(self, filters=known)

    def pairs(self, *, without=(), sort=True):
        """The parameters as (name, value) pairs, without the page and without some of them."""
        pairs = [("q", self.words)] if self.words else []
        pairs += [("exact", "1")] if self.is_exact and self.words else []
        pairs += [(name, code) for name, codes in self.filters.items() for code in codes]
        pairs += [("sort", self.sort)] if sort and self.sort != self.default_sort else []
        return [pair for pair in pairs if pair not in without and pair[0] not in without]

    def unsorted_pairs(self):
        """What a form that sets the order has to keep."""
        return tuple(self.pairs(sort=False))

    def address(self, **options):
        """The query string of ``pairs``, or the plain list where nothing is left."""
        pairs = self.pairs(**options)
        return f"?{urlencode(pairs)}" if pairs else PLAIN

    def base(self):
        """The query string before ``page=``, without its "?"."""
        pairs = self.pairs()
        return f"{urlencode(pairs)}&" if pairs else ""

    def page_address(self, number):
        """The query string of one page of the list; "" for the first page of a plain list."""
        pairs = [*self.pairs(), *([("page", number)] if number > 1 else [])]
        return f"?{urlencode(pairs)}" if pairs else ""

    def unfiltered_address(self):
        """The address of the same list without any filter."""
        return self.address(without=tuple(self.filters))

    def exact_address(self):
        """The address of the same search as it was typed, uncorrected."""
        return "?" + urlencode([("q", self.words), ("exact", "1")])
