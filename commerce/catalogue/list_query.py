"""The query string of a product list: parsing it and building URLs that change it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from commerce.models.sort_keys import SORTS
from commerce.urls import PLAIN

#: Longer searches are cut.
MAX_QUERY = 120
#: Parameters that are not filters.
OTHERS = {"q", "sort", "page", "exact"}
#: Most values read per filter, and most filters.
MAX_VALUES = 40


@dataclass(frozen=True)
class ListingQuery:
    """One list as requested by its query string. Unknown values are ignored, never an error.

    ``filters`` is ``{parameter: codes}`` in URL order; ``commerce.catalogue.product_lists`` decides
    which filters and codes exist.
    """

    words: str = ""
    filters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = SORTS[0]
    page: str = "1"
    is_exact: bool = False
    default_sort: str = SORTS[0]

    @classmethod
    def from_parameters(
        cls, parameters: QueryDict, *, default_sort: str = SORTS[0]
    ) -> ListingQuery:
        """Parse a QueryDict; ``default_sort`` is the order if none is requested."""
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

    def searching_for(self, words: str) -> ListingQuery:
        """The query with other words."""
        return replace(self, words=words)

    def restricted_to(self, names: Collection[str]) -> ListingQuery:
        """The query with only the named filters."""
        known = {name: codes for name, codes in self.filters.items() if name in names}
        return replace(self, filters=known)

    def pairs(self, *, without: Collection[Any] = (), sort: bool = True) -> list[tuple[str, str]]:
        """The parameters as (name, value) pairs, without the page and the excluded ones."""
        pairs = [("q", self.words)] if self.words else []
        pairs += [("exact", "1")] if self.is_exact and self.words else []
        pairs += [(name, code) for name, codes in self.filters.items() for code in codes]
        pairs += [("sort", self.sort)] if sort and self.sort != self.default_sort else []
        return [pair for pair in pairs if pair not in without and pair[0] not in without]

    def unsorted_pairs(self) -> tuple[tuple[str, str], ...]:
        """The hidden fields of a form that changes the order."""
        return tuple(self.pairs(sort=False))

    def address(self, **options: Any) -> str:
        """The query string of ``pairs``, or the plain list's URL if it is empty."""
        pairs = self.pairs(**options)
        return f"?{urlencode(pairs)}" if pairs else PLAIN

    def base(self) -> str:
        """The query string before ``page=``, without the "?"."""
        pairs = self.pairs()
        return f"{urlencode(pairs)}&" if pairs else ""

    def page_url(self, number: int) -> str:
        """The query string of one page; "" for the first page of a plain list."""
        pairs = [*self.pairs(), *([("page", number)] if number > 1 else [])]
        return f"?{urlencode(pairs)}" if pairs else ""

    def unfiltered_url(self) -> str:
        """The URL of the list without filters."""
        return self.address(without=tuple(self.filters))

    def exact_url(self) -> str:
        """The URL of the search for the words as typed: no correction, no price understood."""
        return "?" + urlencode([("q", self.words), ("exact", "1")])
