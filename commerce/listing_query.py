"""The query string of a list of products: what it asks for, and the addresses that change it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from commerce.listings import SORTS, Filters

#: Longer searches are cut: no title is that long.
MAX_QUERY = 120


@dataclass(frozen=True)
class ListingQuery:
    """One list as its query string asks for it. Unknown values are left out, never an error."""

    words: str = ""
    glazes: tuple = ()
    prices: tuple = ()
    in_stock: bool = False
    sort: str = SORTS[0]
    page: str = "1"

    @classmethod
    def from_parameters(cls, parameters):
        """Reads a QueryDict."""
        sort = parameters.get("sort", "")
        return cls(
            words=" ".join(parameters.get("q", "").replace("\x00", " ").split())[:MAX_QUERY],
            glazes=tuple(dict.fromkeys(parameters.getlist("glaze"))),
            prices=tuple(dict.fromkeys(parameters.getlist("price"))),
            in_stock=parameters.get("stock") == "in-stock",
            sort=sort if sort in SORTS else SORTS[0],
            page=parameters.get("page", "1"),
        )

    @property
    def filters(self):
        """The same as ``commerce.listings`` reads it."""
        return Filters(frozenset(self.glazes), frozenset(self.prices), self.in_stock)

    def pairs(self, *, without=(), sort=True):
        """The parameters as (name, value) pairs, without the page and without some of them."""
        pairs = [("q", self.words)] if self.words else []
        pairs += [("glaze", value) for value in self.glazes]
        pairs += [("price", value) for value in self.prices]
        pairs += [("stock", "in-stock")] if self.in_stock else []
        pairs += [("sort", self.sort)] if sort and self.sort != SORTS[0] else []
        return [pair for pair in pairs if pair not in without and pair[0] not in without]

    def unsorted_pairs(self):
        """What a form that sets the order has to keep."""
        return self.pairs(sort=False)

    def address(self, **options):
        """The query string of ``pairs``, or "?" alone where nothing is left."""
        return "?" + urlencode(self.pairs(**options))
