"""Pages of products with their filters: unions and intersections of the read model's sets.

A list is a set of product keys. Terms (a category, a facet's value, a word) are sets as well, which
the process remembers (``commerce.index.facet_index``), so that filters and their counts take no query; so are the
orders (``commerce.index.sort_orders``). Constant queries, whatever the number of products: the order of one
page of a small set, and those of its cards that the process does not remember (one or two).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from operator import attrgetter

from django.conf import settings
from django.core.paginator import InvalidPage, Paginator
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from pyroaring import BitMap

from commerce.bulk_sql import literal_in
from commerce.catalogue.list_rules import products_of_rule
from commerce.index.facet_index import facet_index, prices_at
from commerce.index.listing_builder import ALL, ATTRIBUTE, CATEGORY, RATING, STOCK
from commerce.index.listings import Card, cards_for
from commerce.index.price_windows import BANDS, shows_prices
from commerce.index.sort_orders import ordered_keys
from commerce.index.variant_sets import VariantSet, union_of
from commerce.models import FacetAttribute, PriceWindow
from commerce.models.cache_tags import LISTS, list_tag
from commerce.models.sort_keys import SORTS
from commerce.money import format_money
from commerce.page_cache.dependencies import depends_on
from commerce.page_cache.memoise import memoise
from commerce.search.queries import SearchResult, search_products

PAGE_SIZE = 24

#: The filters that every list has beside its attributes, by their names in an address.
PRICE_FILTER, STOCK_FILTER, SALE_FILTER, RATING_FILTER = "price", "stock", "sale", "rating"
#: Names in an address that no attribute's filter may take.
RESERVED = {"q", "sort", "page", "price", "stock", "sale", "rating", "variant", "at", "exact"}

#: Orders by what a card costs; of so many products they know the price of each variant that is meant.
BY_PRICE = ("price-low", "price-high")
MANY_PRICES = 5_000


@dataclass(frozen=True)
class FacetValue:
    """One box of a filter: how many products of the list it would leave.

    A box that would leave the whole list as it is is not offered, unless it is ticked.
    """

    code: str
    name: str
    count: int
    is_selected: bool


@dataclass(frozen=True)
class Facet:
    """A filter with its boxes. ``name`` is its parameter in the address.

    Filters that follow each other under one title stand together.
    """

    name: str
    title: str
    values: tuple[FacetValue, ...]
    is_colour: bool = False


@dataclass(frozen=True)
class ListPage:
    """One page of a list of products, with what its filters need."""

    cards: list[Card]
    total: int
    page: int
    pages: int
    sort: str
    facets: list[Facet]
    found: SearchResult = field(default_factory=SearchResult)

    @property
    def facet_groups(self):
        """(title, its filters) of those that stand together."""
        groups = groupby(self.facets, key=attrgetter("title"))
        return [(title, tuple(facets)) for title, facets in groups]

    def facet(self, name):
        """The filter of that name, or None."""
        return next((facet for facet in self.facets if facet.name == name), None)


def products_in(
    category=None,
    *,
    query="",
    exact=False,
    sort="",
    filters=None,
    page=1,
    rule=None,
    at=None,
):
    """A page of the products of a category (its descendants too) or of a search.

    ``filters`` is ``{name: codes}``: the codes of one filter add up, filters narrow each other;
    unknown names and codes are none. One and the same variant matches all filters, and where not
    every variant does, the card shows the cheapest that does, and orders by price go by it. ``exact`` leaves a misspelt search as it
    is; ``rule`` (a ``ListRule``) leaves in what follows it, without the filters that it settles. A page number
    out of range gives the nearest page.
    """
    depends_on(list_tag(category.pk) if category else LISTS)
    shows_prices()
    at = at or timezone.now()
    sort = sort if sort in SORTS else SORTS[0]
    stored = facet_index()
    found = search_products(query, exact=exact, stored=stored)
    everything = stored.of(CATEGORY, str(category.pk)) if category else stored.of(ALL, "")
    if found.is_search:
        everything = (found.ids | BitMap(found.promoted)) & everything
    everything = VariantSet(everything)
    facets = _facets(stored, at=at, is_filtered=bool(filters or rule))
    if rule:
        everything = everything & products_of_rule(rule, stored, at=at)
        facets = [facet for facet in facets if facet.name not in _settled_by(rule)]
    chosen = _known_choices(facets, filters or {})
    matching = _allowed(facets, chosen, everything)
    left = matching.listings()
    paginator = Paginator(range(len(left)), PAGE_SIZE)
    current = _nearest_page(paginator, page)
    start = (current.number - 1) * PAGE_SIZE
    if sort in BY_PRICE and matching.numbered and len(left) <= MANY_PRICES:
        keys = _keys_by_price(matching, left, sort=sort, at=at)[start : start + PAGE_SIZE]
    else:
        keys = _keys_of_page(left, found, sort=sort, at=at, start=start)
    counted = [_counted(facet, facets, chosen, everything) for facet in facets]
    variants = {pk: numbers for pk in keys if (numbers := matching.variants_of(pk))}
    return ListPage(
        cards=cards_for(keys, at=at, variants=variants),
        total=paginator.count,
        page=current.number,
        pages=paginator.num_pages,
        sort=sort,
        facets=[facet for facet in counted if facet.values],
        found=found,
    )


def _settled_by(rule):
    """The filters that have one answer in a list by a rule."""
    settled = {STOCK_FILTER: rule.is_in_stock, SALE_FILTER: rule.is_on_sale}
    return {name for name, is_settled in settled.items() if is_settled}


def _nearest_page(paginator, page):
    try:
        return paginator.get_page(page)
    except InvalidPage:
        return paginator.page(1)


# --- Filters --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Facet:
    """A filter before it is counted: ``values`` is ``{code: (label, set)}`` in their order."""

    name: str
    title: str
    values: dict
    is_colour: bool = False

    def union(self, codes):
        """What has one of the codes."""
        return union_of(members for code, (_label, members) in self.values.items() if code in codes)


def _facets(stored, *, at, is_filtered):
    """The filters of every list. Which variants have what is asked only where filters may exclude
    each other."""

    def members(kind, value):
        return stored.variants_of(kind, value, is_filtered=is_filtered)

    def of_attribute(code):
        labels = stored.attributes.get(code, {})
        return {
            value: (label, members(ATTRIBUTE, f"{code}:{value}")) for value, label in labels.items()
        }

    labels = _band_labels(get_language())
    prices = prices_at(at, stored, is_filtered=is_filtered)
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
                is_colour=attribute.code in stored.options,
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


def filter_attributes():
    """The attributes that are filters, in their order; no query in the long run."""
    return memoise("attributes-of-filters", _find_attributes)


def filter_names():
    """The parameters of all filters that lists may have."""
    attributes = {parameter_of(attribute.code) for attribute in filter_attributes()}
    return attributes | {PRICE_FILTER, STOCK_FILTER, SALE_FILTER, RATING_FILTER}


def _find_attributes():
    """Kinds of product may have one of the same code: its values are the same terms, and one filter
    shows them all."""
    found = {}
    for row in FacetAttribute.objects.select_related("attribute").order_by("position", "pk"):
        found.setdefault(row.attribute.code, row.attribute)
    return list(found.values())


def parameter_of(attribute_code):
    """The name of an attribute's filter in an address."""
    return f"a-{attribute_code}" if attribute_code in RESERVED else attribute_code


@lru_cache(maxsize=64)
def _band_labels(language):
    return {str(low): band_label(str(low)) for low in BANDS}


def band_label(code):
    """A price band in words: "Under £25", "£25 – £50", "£5,000 and over"."""
    place = next(n for n, low in enumerate(BANDS) if str(low) == code)
    low, high = BANDS[place], BANDS[place + 1] if place + 1 < len(BANDS) else None
    if not low:
        return _("Under %(price)s") % {"price": _money(high)}
    if high is None:
        return _("%(price)s and over") % {"price": _money(low)}
    return _("%(low)s – %(high)s") % {"low": _money(low), "high": _money(high)}


def _money(amount):
    return format_money(amount, settings.OSCAR_DEFAULT_CURRENCY)


def _allowed(facets, chosen, everything, *, but=None):
    """What passes all filters that are on, but one (for counting that one's values)."""
    left = everything
    for facet in facets:
        if facet.name in chosen and facet.name != but:
            left = left & facet.union(chosen[facet.name])
    return left


def _known_choices(facets, filters):
    """``{name: codes}`` of the filters and values that there are; an old link may name others."""
    known = {facet.name: facet.values.keys() & set(filters.get(facet.name, ())) for facet in facets}
    return {name: codes for name, codes in known.items() if codes}


def _counted(facet, facets, chosen, everything):
    base = _allowed(facets, chosen, everything, but=facet.name)
    mine = chosen.get(facet.name, ())
    counts = {code: base.count_with(members) for code, (_label, members) in facet.values.items()}
    in_all = counts
    if base is not everything:
        in_all = {code: everything.count_with(row[1]) for code, row in facet.values.items()}
    there = {code: row for code, row in facet.values.items() if code in mine or in_all[code]}
    # One box of several tells pieces apart even where all have it, but of stars the steps do not.
    is_alone = len(there) == 1 or facet.name == RATING_FILTER
    values = tuple(
        FacetValue(code, label, counts[code], code in mine)
        for code, (label, members) in there.items()
        if code in mine or not (is_alone and everything.shared <= members.shared)
    )
    return Facet(facet.name, facet.title, values, facet.is_colour)


# --- Order ----------------------------------------------------------------------------------------


def _keys_of_page(left, found, *, sort, at, start):
    """The keys of one page. A search's recommended order is: promoted, by title, by category and filter,
    the fewer words the later, the rest.

    In each of them what is sold out comes last; and where pieces have only some of the words, after
    everything that can be bought: one word of a title is no reason to show it first.
    """
    tiers = [left]
    if found.is_search and sort == "recommended":
        promoted = [pk for pk in found.promoted if pk in left]
        tiers, others = [], left - BitMap(promoted)
        for called in (found.title_ids, *found.called):
            tiers.append(others & called)
            others = others - called
        tiers.append(others)
        if found.is_any:
            there = facet_index().of(STOCK, "in-stock")
            tiers = [*(tier & there for tier in tiers), *(tier - there for tier in tiers)]
        tiers = [promoted, *tiers]
    keys, skip = [], start
    for tier in tiers:
        wanted = PAGE_SIZE - len(keys)
        if skip >= len(tier):
            skip -= len(tier)
            continue
        if not wanted:
            break
        if isinstance(tier, list):
            keys += tier[skip : skip + wanted]
        else:
            keys += ordered_keys(tier, sort=sort, at=at, start=skip, count=wanted)
        skip = 0
    return keys


def _keys_by_price(matching, left, *, sort, at):
    """All keys in an order by what their cards cost: the cheapest of the variants that are meant."""
    rows = PriceWindow.objects.filter(listing__in=literal_in(left), start__lte=at, until__gt=at)
    prices = defaultdict(dict)
    for pk, number, price in rows.order_by().values_list("listing_id", "number", "price"):
        prices[pk][number] = price
    costs = {
        pk: min((of[n] for n in matching.variants_of(pk) if n in of), default=of[0])
        for pk, of in prices.items()
    }
    sign = -1 if sort == "price-high" else 1
    priced = sorted(costs, key=lambda pk: (sign * costs[pk], sign * pk))
    return [*priced, *sorted(set(left) - costs.keys())]
