"""Product list pages with filters: unions and intersections of bitmaps from the listing index.

A list is a set of product keys. Terms (a category, a facet value, a word) are sets as well, cached
by ``commerce.index.facet_index``, so filters and their counts need no query. Constant in queries,
whatever the number of products: the sort order of one page and its cards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from django.core.paginator import InvalidPage, Page, Paginator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from pyroaring import AbstractBitMap, BitMap

from commerce.bulk_sql import literal_in
from commerce.catalogue.list_rules import ListRule, products_of_rule
from commerce.clock import shop_now
from commerce.index.facet_index import FacetIndex, facet_index, prices_of_now
from commerce.index.listing_builder import ALL, ATTRIBUTE, CATEGORY, RATING, STOCK
from commerce.index.listings import Card, cards_for
from commerce.index.price_windows import expire_at_next_price_change
from commerce.index.sort_orders import ordered_keys
from commerce.index.variant_sets import VariantSet, union_of
from commerce.models import FacetAttribute, PriceWindow
from commerce.models.cache_tags import LISTS, list_tag
from commerce.models.sort_keys import SORTS
from commerce.money import format_money
from commerce.page_cache.dependencies import depends_on
from commerce.page_cache.memoise import memoise
from commerce.search.prices import PriceCondition
from commerce.search.queries import SearchResult, priced, search_products
from commerce.shop_settings.current import current_shop

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractCategory


PAGE_SIZE = 24

#: The parameters of the filters that every list has, besides attributes.
PRICE_FILTER, STOCK_FILTER, SALE_FILTER, RATING_FILTER = "price", "stock", "sale", "rating"
#: Parameters that an attribute's filter must not use.
RESERVED = {"q", "sort", "page", "price", "stock", "sale", "rating", "variant", "at", "exact"}

#: Orders by price. Up to this many products they use the price of the matching variants.
BY_PRICE = ("price-low", "price-high")
MANY_PRICES = 5_000
#: The tiers of a search are sorted by one query up to this many products, else by one query each.
MANY_IN_TIERS = 1_000


@dataclass(frozen=True)
class FacetValue:
    """One value of a filter, with the number of products it would leave.

    A value that would leave the whole list unchanged is not offered, unless it is selected.
    """

    code: str
    name: str
    count: int
    is_selected: bool
    swatch: str = ""


@dataclass(frozen=True)
class Facet:
    """A filter with its values. ``name`` is its query parameter.

    Consecutive filters with the same title are shown as one group.
    """

    name: str
    title: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True)
class ListPage:
    """One page of a product list, with its filters."""

    cards: list[Card]
    total: int
    page: int
    pages: int
    sort: str
    facets: list[Facet]
    search: SearchResult = field(default_factory=SearchResult)

    @property
    def facet_groups(self) -> list[tuple[str, tuple[Facet, ...]]]:
        """(title, filters) of the filters shown as one group."""
        groups = groupby(self.facets, key=attrgetter("title"))
        return [(title, tuple(facets)) for title, facets in groups]

    def facet(self, name: str) -> Facet | None:
        """The filter with this name, or None."""
        return next((facet for facet in self.facets if facet.name == name), None)


def products_in(
    category: AbstractCategory | None = None,
    *,
    query: str = "",
    exact: bool = False,
    sort: str = "",
    filters: Mapping[str, Collection[str]] | None = None,
    page: int | str = 1,
    rule: ListRule | None = None,
) -> ListPage:
    """A page of the products of a category, including its descendants, or of a search.

    ``filters`` is ``{name: codes}``: the codes of one filter are alternatives, filters are
    combined; unknown names and codes are ignored. A single variant has to match all filters. If
    only some variants match, the card shows the cheapest of them and orders by price use it.
    ``exact`` disables spelling correction. ``rule`` limits the list and hides the filters it
    decides. A page number out of range gives the nearest page.
    """
    depends_on(list_tag(category.pk) if category else LISTS)
    expire_at_next_price_change()
    sort = sort if sort in SORTS else SORTS[0]
    stored = facet_index()
    found = search_products(query, exact=exact, stored=stored)
    listed: AbstractBitMap = (
        stored.of(CATEGORY, str(category.pk)) if category else stored.of(ALL, "")
    )
    if found.is_search:
        listed = (found.ids | BitMap(found.promoted)) & listed
    everything = VariantSet(listed)
    if found.price:
        everything = everything & priced(found.price, within=listed)
    facets = _facets(stored, is_filtered=bool(filters or rule or found.price))
    if rule:
        everything = everything & products_of_rule(rule, stored)
        facets = [facet for facet in facets if facet.name not in _settled_by(rule)]
    chosen = _known_choices(facets, filters or {})
    matching = _allowed(facets, chosen, everything)
    left = matching.listings()
    paginator = Paginator(range(len(left)), PAGE_SIZE)
    current = _nearest_page(paginator, page)
    start = (current.number - 1) * PAGE_SIZE
    if sort in BY_PRICE and matching.numbered and len(left) <= MANY_PRICES:
        keys = _keys_by_price(matching, left, sort=sort)[start : start + PAGE_SIZE]
    else:
        keys = _keys_of_page(left, found, sort=sort, start=start)
    counted = [_counted(facet, facets, chosen, everything) for facet in facets]
    return ListPage(
        cards=cards_for(keys, variants=_variants_shown(keys, matching, found)),
        total=paginator.count,
        page=current.number,
        pages=paginator.num_pages,
        sort=sort,
        facets=[facet for facet in counted if facet.values],
        search=found,
    )


def _variants_shown(
    keys: Iterable[int], matching: VariantSet, found: SearchResult
) -> dict[int, tuple[int, ...]]:
    """Of the variants that match, those that the search names; products with all are left out."""
    named = found.named_variants
    shown = matching if named is None else matching & named
    variants = {pk: shown.variants_of(pk) or matching.variants_of(pk) for pk in keys}
    return {pk: numbers for pk, numbers in variants.items() if numbers}


def _settled_by(rule: ListRule) -> set[str]:
    """The filters that have only one possible value in a list by this rule."""
    settled = {STOCK_FILTER: rule.is_in_stock, SALE_FILTER: rule.is_on_sale}
    return {name for name, is_settled in settled.items() if is_settled}


def _nearest_page(paginator: Paginator[int], page: int | str) -> Page[int]:
    try:
        return paginator.get_page(page)
    except InvalidPage:
        return paginator.page(1)


# --- Filters --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Facet:
    """A filter before counting: ``values`` is ``{code: (label, set)}`` in order."""

    name: str
    title: str
    values: dict[str, tuple[str, VariantSet]]
    swatches: Mapping[str, str] = field(default_factory=dict)

    def union(self, codes: Collection[str]) -> VariantSet:
        """The products with any of the codes."""
        return union_of(members for code, (_label, members) in self.values.items() if code in codes)


def _facets(stored: FacetIndex, *, is_filtered: bool) -> list[_Facet]:
    """The filters of every list. Variant-level sets are used only if several conditions may apply."""

    def members(kind: str, value: str) -> VariantSet:
        return stored.variants_of(kind, value, is_filtered=is_filtered)

    def of_attribute(code: str) -> dict[str, tuple[str, VariantSet]]:
        labels = stored.attributes.get(code, {})
        return {
            value: (label, members(ATTRIBUTE, f"{code}:{value}")) for value, label in labels.items()
        }

    labels = band_labels(stored.bands, current_shop().currency, get_language())
    prices = prices_of_now(stored, is_filtered=is_filtered)
    stars = {
        least: (_("%(stars)s stars and more") % {"stars": least}, members(RATING, least))
        for least in ("4", "3")
    }
    return [
        *(
            _Facet(
                parameter_of(attribute.code),
                _("Properties") if attribute.type == "boolean" else attribute.name,
                of_attribute(attribute.code),
                stored.swatches.get(attribute.code, {}),
            )
            for attribute in filter_attributes()
        ),
        _Facet(
            PRICE_FILTER,
            _("Price"),
            {code: (labels[code], band) for code, band in prices.bands.items()},
        ),
        _Facet(RATING_FILTER, _("Rating"), stars),
        _Facet(STOCK_FILTER, _("Show"), {"in-stock": (_("In stock"), members(STOCK, "in-stock"))}),
        _Facet(SALE_FILTER, _("Show"), {"yes": (_("On sale"), prices.on_sale)}),
    ]


def filter_attributes() -> list[Any]:
    """The attributes that are filters, in order. Cached."""
    return memoise("attributes-of-filters", _find_attributes)


def _find_attributes() -> list[Any]:
    """One attribute per code: product classes may share a code, shown as one filter."""
    found: dict[str, Any] = {}
    for row in FacetAttribute.objects.select_related("attribute").order_by("position", "pk"):
        found.setdefault(row.attribute.code, row.attribute)
    return list(found.values())


def parameter_of(attribute_code: str) -> str:
    """The query parameter of an attribute's filter."""
    return f"a-{attribute_code}" if attribute_code in RESERVED else attribute_code


@lru_cache(maxsize=64)
def band_labels(bands: tuple[int, ...], currency: str, language: str | None) -> dict[str, str]:
    """Labels of price bands by code: "Under £25", "£25 – £50", "£50 and over".

    ``language`` is the active one; it is a parameter only so that labels can be remembered.
    """
    prices = [format_money(Decimal(low), currency) for low in bands]
    labels = {}
    for place, low in enumerate(bands):
        if place + 1 == len(bands):
            label = _("%(price)s and over") % {"price": prices[place]}
        elif place == 0:
            label = _("Under %(price)s") % {"price": prices[1]}
        else:
            label = _("%(low)s – %(high)s") % {"low": prices[place], "high": prices[place + 1]}
        labels[str(low)] = label
    return labels


def price_label(condition: PriceCondition) -> str:
    """The name of a price condition: "Under £5", "£5 – £10", "From £100"."""
    low, high = (
        format_money(amount, current_shop().currency) if amount is not None else ""
        for amount in (condition.low, condition.high)
    )
    if low and high:
        return _("%(low)s – %(high)s") % {"low": low, "high": high}
    if high:
        text = _("Up to %(price)s") if condition.has_high else _("Under %(price)s")
        return text % {"price": high}
    text = _("From %(price)s") if condition.has_low else _("Over %(price)s")
    return text % {"price": low}


def _allowed(
    facets: Iterable[_Facet],
    chosen: Mapping[str, Collection[str]],
    everything: VariantSet,
    *,
    but: str | None = None,
) -> VariantSet:
    """What passes all active filters, optionally ignoring one (to count its values)."""
    left = everything
    for facet in facets:
        if facet.name in chosen and facet.name != but:
            left = left & facet.union(chosen[facet.name])
    return left


def _known_choices(
    facets: Iterable[_Facet], filters: Mapping[str, Collection[str]]
) -> dict[str, set[str]]:
    """``{name: codes}`` of the existing filters and values; old links may name others."""
    known = {facet.name: facet.values.keys() & set(filters.get(facet.name, ())) for facet in facets}
    return {name: codes for name, codes in known.items() if codes}


def _counted(
    facet: _Facet,
    facets: Iterable[_Facet],
    chosen: Mapping[str, Collection[str]],
    everything: VariantSet,
) -> Facet:
    base = _allowed(facets, chosen, everything, but=facet.name)
    mine = chosen.get(facet.name, ())
    counts = {code: base.count_with(members) for code, (_label, members) in facet.values.items()}
    in_all = counts
    if base is not everything:
        in_all = {code: everything.count_with(row[1]) for code, row in facet.values.items()}
    shown = {code: row for code, row in facet.values.items() if code in mine or in_all[code]}
    # Several values are worth showing even if one covers all, except the steps of ratings.
    is_alone = len(shown) == 1 or facet.name == RATING_FILTER
    values = tuple(
        FacetValue(code, label, counts[code], code in mine, facet.swatches.get(code, ""))
        for code, (label, members) in shown.items()
        if code in mine or not (is_alone and everything.shared <= members.shared)
    )
    return Facet(facet.name, facet.title, values)


# --- Order ----------------------------------------------------------------------------------------


def _keys_of_page(
    listed: AbstractBitMap, search: SearchResult, *, sort: str, start: int
) -> list[int]:
    """The keys of one page.

    The recommended order of a search is: promoted, then its tiers. Sold-out products come last in
    each tier. If products have only some of the words, sold-out ones come after all that can be
    bought.
    """
    if not search.is_search or sort != "recommended":
        return ordered_keys(listed, sort=sort, start=start, count=PAGE_SIZE)
    promoted = [pk for pk in search.promoted if pk in listed]
    keys = promoted[start : start + PAGE_SIZE]
    skip = max(start - len(promoted), 0)
    wanted = PAGE_SIZE - len(keys)
    tiers, skip = _tiers_of_page(listed - BitMap(promoted), search, skip=skip, wanted=wanted)
    if sum(map(len, tiers)) > MANY_IN_TIERS:
        for tier in tiers:
            keys += ordered_keys(tier, sort=sort, start=skip, count=PAGE_SIZE - len(keys))
            skip = 0
        return keys
    # One query for all of them. Sorting is stable, so each tier stays in order.
    every = BitMap.union(BitMap(), *tiers)
    found = ordered_keys(every, sort=sort, start=0, count=len(every))
    found.sort(key=lambda pk: next(n for n, tier in enumerate(tiers) if pk in tier))
    return keys + found[skip : skip + wanted]


def _tiers_of_page(
    listed: AbstractBitMap, search: SearchResult, *, skip: int, wanted: int
) -> tuple[list[AbstractBitMap], int]:
    """The distinct tiers that a page shows products of, and how many to skip of the first."""
    parts = [listed]
    if search.is_any:
        available = facet_index().of(STOCK, "in-stock")
        parts = [listed & available, listed - available]
    tiers: list[AbstractBitMap] = []
    for left in parts:
        for tier in (*search.tiers, left):
            if wanted <= 0:
                return tiers, skip
            here = left & tier
            if not here:
                continue
            left = left - here
            if not tiers and skip >= len(here):
                skip -= len(here)
                continue
            wanted -= len(here) - (0 if tiers else skip)
            tiers.append(here)
    return tiers, skip


def _keys_by_price(matching: VariantSet, left: AbstractBitMap, *, sort: str) -> list[int]:
    """All keys, ordered by the price on their cards: the cheapest matching variant."""
    rows = PriceWindow.objects.running(shop_now()).filter(listing__in=literal_in(left))
    prices: dict[int, dict[int, Decimal]] = defaultdict(dict)
    for pk, number, price in rows.order_by().values_list("listing_id", "number", "price"):
        prices[pk][number] = price
    costs = {
        pk: min((of[n] for n in matching.variants_of(pk) if n in of), default=of[0])
        for pk, of in prices.items()
    }
    sign = -1 if sort == "price-high" else 1
    priced = sorted(costs, key=lambda pk: (sign * costs[pk], sign * pk))
    return [*priced, *sorted(set(left) - costs.keys())]
