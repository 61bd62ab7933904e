"""In-process copy of the facet bitmaps; list pages need no query for them.

The bitmaps of lists and filters are loaded together, those of words when a search needs them. They
are invalidated by cache tags in the transaction that changes terms or prices. All requests share
them, so they are frozen.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from pyroaring import AbstractBitMap, BitMap, FrozenBitMap

from commerce.bulk_sql import literal_in
from commerce.clock import shop_now
from commerce.index.attribute_values import UNPLACED, option_displays
from commerce.index.language import language_of
from commerce.index.listing_builder import (
    ALL,
    ATTRIBUTE,
    CATEGORY,
    KIND,
    PRICE,
    RATING,
    SALE,
    STOCK,
    TIMED,
    VARIANT,
)
from commerce.index.price_windows import NEVER, month_of, next_price_change, price_step
from commerce.index.terms import WORD, TermKey
from commerce.index.tokens import STEM, fold, indexed_words
from commerce.index.variant_sets import VariantSet, union_of
from commerce.models import PriceWindow, Term
from commerce.models.cache_tags import SCHEDULED_PRICES, SETS, WINDOWS, WORDS
from commerce.page_cache.dependencies import collect_dependencies
from commerce.page_cache.memoise import memoise_many
from commerce.shop_settings.current import current_shop
from commerce.shop_values.price_bands import chosen_bands

#: The kinds used by lists and filters, loaded together.
KINDS = (ALL, CATEGORY, KIND, ATTRIBUTE, PRICE, RATING, SALE, STOCK, TIMED)
#: Queries list at most this many keys; above it, all rows are read.
MANY = 20_000
#: Prices of at most this many listings are read for one search instead of all prices.
FEW = 1_000
#: Most words matched by one prefix, the most common first.
MAX_PREFIX_WORDS = 60
#: Sorts after every letter that may follow a prefix.
LAST = "\U0010ffff"


def _memoised(
    names: Collection[Any],
    make: Callable[[Collection[Any]], Mapping[Any, Any]],
    *,
    tags: Collection[str],
) -> Mapping[Any, Any]:
    """``memoise_many`` without adding the tags to the page, which depends on its lists anyway."""
    with collect_dependencies():
        return memoise_many(names, make, tags=tags)


def _one(name: Any, make: Callable[[], Any], *, tags: Collection[str]) -> Any:
    return _memoised([name], lambda _names: {name: make()}, tags=tags)[name]


def frozen(blob: bytes | memoryview | None) -> FrozenBitMap:
    """A stored bitmap as an immutable set of product keys."""
    return FrozenBitMap.deserialize(bytes(blob)) if blob else FrozenBitMap()


# --- Lists and filters ----------------------------------------------------------------------------


@dataclass(frozen=True)
class FacetIndex:
    """The bitmaps of all categories and filters, read in one query.

    ``sets`` is ``{(kind, value): listings}``. ``plain`` and ``numbered`` hold filter values,
    ``{(kind, value): VariantSet}``: at the level of listings, and of variants, for combining
    filters that variants may not meet together. ``attributes`` is ``{attribute code: {value code:
    label}}``, in the order of their group, else by label. ``categories`` are the non-empty ones, ``(key, folded words of the
    name)``, largest first. ``named`` maps each word to the sets with it in their names, ``{word:
    [(kind, value)]}``. ``swatches`` are those of the values of options, ``{attribute code: {value
    code: swatch}}``. ``bands`` are the prices at which the bands of the filter begin. ``language`` is
    that of the words.
    """

    sets: dict[TermKey, FrozenBitMap]
    plain: dict[TermKey, VariantSet]
    numbered: dict[TermKey, VariantSet]
    attributes: dict[str, dict[str, str]]
    categories: tuple[tuple[int, tuple[str, ...]], ...]
    named: dict[str, list[TermKey]]
    swatches: dict[str, dict[str, str]]
    bands: tuple[int, ...]
    language: str

    def called(self, word: str) -> FrozenBitMap:
        """The listings in categories and filters whose name contains a word."""
        sets = (self.sets[key] for key in self.named.get(word, ()))
        return FrozenBitMap.union(FrozenBitMap(), *sets)

    def of(self, kind: str, value: str) -> FrozenBitMap:
        """The listings of one term; empty for an unknown term."""
        return self.sets.get((kind, value)) or FrozenBitMap()

    def variants_of(self, kind: str, value: str, *, is_filtered: bool) -> VariantSet:
        """The listings of one term as a ``VariantSet``."""
        sets = self.numbered if is_filtered else self.plain
        return sets.get((kind, value)) or VariantSet()

    def timed(self, at: datetime) -> FrozenBitMap:
        """The listings whose price may change in or after the month of ``at``."""
        month = month_of(at)
        sets = (of for (kind, value), of in self.sets.items() if kind == TIMED and value >= month)
        return FrozenBitMap.union(FrozenBitMap(), *sets)


def facet_index() -> FacetIndex:
    """The current index; one query after a change."""
    return _one("facet-index", _read_index, tags=[SETS])


def _read_index() -> FacetIndex:
    rows = Term.objects.filter(kind__in=KINDS) | Term.objects.filter(kind=VARIANT, n__gt=0)
    sets: dict[TermKey, FrozenBitMap] = {}
    labels: dict[TermKey, str] = {}
    variants: dict[TermKey, dict[int, FrozenBitMap]] = defaultdict(dict)
    for kind, value, label, blob in rows.values_list("kind", "value", "label", "bitmap"):
        if kind == VARIANT:
            number, of, code = value.split(":", 2)
            variants[of, code][int(number)] = frozen(blob)
        else:
            sets[kind, value] = frozen(blob)
            labels[kind, value] = label
    filters = {key: of for key, of in sets.items() if key[0] not in (ALL, CATEGORY, KIND, TIMED)}
    shown = option_displays()
    shop = current_shop()
    language = language_of(shop)
    steps = {int(value): len(of) for (kind, value), of in sets.items() if kind == PRICE}
    return FacetIndex(
        sets=sets,
        plain={key: VariantSet(of) for key, of in filters.items()},
        numbered={key: _numbered(of, variants.get(key)) for key, of in filters.items()},
        attributes=_attributes_in(labels, shown),
        categories=_categories_in(sets, labels),
        named=_named_in(labels, language),
        swatches={
            code: {value: swatch for value, (_place, swatch) in of.items() if swatch}
            for code, of in shown.items()
        },
        bands=shop.bands or chosen_bands(steps),
        language=language,
    )


def _named_in(labels: Mapping[TermKey, str], language: str) -> dict[str, list[TermKey]]:
    found = defaultdict(list)
    for key, label in labels.items():
        if key[0] in (CATEGORY, ATTRIBUTE):
            for word in indexed_words(label, language):
                found[word].append(key)
    return dict(found)


def _numbered(listings: FrozenBitMap, variants: dict[int, FrozenBitMap] | None) -> VariantSet:
    if not variants:
        return VariantSet(listings)
    return VariantSet(listings - FrozenBitMap.union(*variants.values()), variants)


def _attributes_in(
    labels: Mapping[TermKey, str], shown: Mapping[str, Mapping[str, tuple[int, str]]]
) -> dict[str, dict[str, str]]:
    found: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for (kind, value), label in labels.items():
        if kind == ATTRIBUTE:
            attribute, _colon, code = value.partition(":")
            place, _swatch = shown.get(attribute, {}).get(code, (UNPLACED, ""))
            found[attribute].append((place, label, code))
    return {
        attribute: {code: label for _place, label, code in sorted(values)}
        for attribute, values in found.items()
    }


def _categories_in(
    sets: Mapping[TermKey, FrozenBitMap], labels: Mapping[TermKey, str]
) -> tuple[tuple[int, tuple[str, ...]], ...]:
    found = [(len(of), int(value)) for (kind, value), of in sets.items() if kind == CATEGORY and of]
    return tuple(
        (pk, tuple(fold(labels[CATEGORY, str(pk)]).split()))
        for _size, pk in sorted(found, key=lambda row: (-row[0], row[1]))
    )


# --- Prices of a moment ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Prices:
    """The price bands, ``{code: VariantSet}``, and the reduced products, between two price changes."""

    bands: dict[str, VariantSet]
    on_sale: VariantSet
    start: datetime
    until: datetime


def prices_of_now(index: FacetIndex, *, is_filtered: bool) -> Prices:
    """The ``Prices`` at ``shop_now()``, consistent with a list's ``FacetIndex``."""
    at = shop_now()
    known = _one(
        ("prices", is_filtered),
        # Not the given index, which may be older than the one cached now.
        lambda: _read_prices(at, facet_index(), is_filtered=is_filtered),
        tags=[SETS, SCHEDULED_PRICES],
    )
    if known.start <= at < known.until:
        return known
    return _read_prices(at, index, is_filtered=is_filtered)


def priced_between(
    low: Decimal | None, high: Decimal | None, *, within: AbstractBitMap | None = None
) -> VariantSet:
    """The variants priced from ``low`` to ``high``, inclusive, at ``shop_now()``; None means no limit.

    If all of interest are ``within`` a few listings, only their prices are read, and not cached.
    """
    at = shop_now()
    if within is not None and len(within) <= FEW:
        return _prices_between(low, high, at, within)
    start, until, members = _one(
        ("between", low, high),
        lambda: (at, next_price_change() or NEVER, _read_between(low, high, at)),
        tags=[SETS, WINDOWS],
    )
    return members if start <= at < until else _read_between(low, high, at)


def _prices_between(
    low: Decimal | None, high: Decimal | None, at: datetime, listings: AbstractBitMap
) -> VariantSet:
    """As ``_read_between`` for some listings, in one query."""
    windows = PriceWindow.objects.running(at).filter(listing__in=literal_in(listings)).order_by()
    rows = list(windows.values_list("listing_id", "number", "price"))
    differing = {pk for pk, number, _price in rows if number}
    return _set_of(
        (pk, number, None, None)
        for pk, number, price in rows
        if bool(number) == (pk in differing)
        and (low is None or price >= low)
        and (high is None or price <= high)
    )


def _read_between(low: Decimal | None, high: Decimal | None, at: datetime) -> VariantSet:
    windows = PriceWindow.objects.running(at).order_by()
    # If variants differ, each has its own windows, and the product's window does not apply.
    variants = windows.filter(number__gt=0).values_list("listing_id", flat=True)
    differing = FrozenBitMap(variants.distinct())
    if low is not None:
        windows = windows.filter(price__gte=low)
    if high is not None:
        windows = windows.filter(price__lte=high)
    rows = windows.values_list("listing_id", "number")
    return _set_of(
        (pk, number, None, None) for pk, number in rows if bool(number) == (pk in differing)
    )


def _rows_of(windows: QuerySet[PriceWindow], timed: FrozenBitMap) -> QuerySet[PriceWindow]:
    return windows.filter(listing__in=literal_in(timed)) if len(timed) <= MANY else windows


def _read_prices(at: datetime, index: FacetIndex, *, is_filtered: bool) -> Prices:
    """Prices that no longer change are in stored bitmaps; for the others the windows are read."""
    timed = index.timed(at)
    steps = (value for kind, value in index.sets if kind == PRICE)
    by_step = {
        step: [index.variants_of(PRICE, step, is_filtered=is_filtered).without(timed)]
        for step in steps
    }
    on_sale = [index.variants_of(SALE, "yes", is_filtered=is_filtered).without(timed)]
    windows = _windows_of(timed, at)
    for step in {step for _pk, _number, step, _is_reduced in windows}:
        members = _set_of(row for row in windows if row[2] == step)
        by_step.setdefault(step, []).append(members)
    bands: dict[str, list[VariantSet]] = {str(low): [] for low in index.bands}
    for step, parts in by_step.items():
        bands[str(max(low for low in index.bands if low <= int(step)))] += parts
    on_sale.append(_set_of(row for row in windows if row[3]))
    return Prices(
        bands={code: union_of(parts) for code, parts in bands.items()},
        on_sale=union_of(on_sale),
        start=at,
        until=next_price_change() or NEVER,
    )


def _windows_of(timed: FrozenBitMap, at: datetime) -> list[tuple[int, int, str, bool]]:
    """``(listing key, variant number or 0, step, is reduced)`` at a moment; one query."""
    if not timed:
        return []
    windows = _rows_of(PriceWindow.objects.running(at), timed)
    rows = list(windows.values_list("listing_id", "number", "price", "was"))
    differing = {pk for pk, number, _price, _was in rows if number}
    return [
        (pk, number, price_step(price), was is not None)
        for pk, number, price, was in rows
        if bool(number) == (pk in differing) and pk in timed
    ]


def _set_of(windows: Iterable[tuple[int, int, Any, Any]]) -> VariantSet:
    numbered: dict[int, BitMap] = defaultdict(BitMap)
    for pk, number, _step, _is_reduced in windows:
        numbered[number].add(pk)
    shared = numbered.pop(0, BitMap())
    frozen_sets = {number: FrozenBitMap(members) for number, members in numbered.items()}
    return VariantSet(FrozenBitMap(shared), frozen_sets)


# --- Words ----------------------------------------------------------------------------------------


def sets_of_words(words: Iterable[str]) -> dict[str, tuple[FrozenBitMap, FrozenBitMap]]:
    """``{word: (listings, listings with it in the title)}``; one query for words not cached."""
    names = [("word", word) for word in words]
    pairs = _memoised(names, _read_words, tags=[WORDS])
    return {word: pair for (_name, word), pair in pairs.items()}


def _read_words(
    names: Collection[tuple[str, str]],
) -> dict[tuple[str, str], tuple[FrozenBitMap, FrozenBitMap]]:
    rows = Term.objects.filter(kind=WORD, value__in=[word for _name, word in names])
    nothing = FrozenBitMap(), FrozenBitMap()
    return dict.fromkeys(names, nothing) | {
        ("word", value): (frozen(blob), frozen(titled))
        for value, blob, titled in rows.values_list("value", "bitmap", "title_bitmap")
    }


def set_of_prefix(letters: str) -> tuple[FrozenBitMap, FrozenBitMap]:
    """(listings, listings with it in the title) for the most common words with a prefix."""
    return _one(("prefix", letters), lambda: _read_prefix(letters), tags=[WORDS])


def _read_prefix(letters: str) -> tuple[FrozenBitMap, ...]:
    # A range condition uses the index, on SQLite too.
    rows = Term.objects.filter(kind=WORD, value__gte=letters, value__lt=letters + LAST)
    blobs = rows.order_by("-n", "value").values_list("bitmap", "title_bitmap")[:MAX_PREFIX_WORDS]
    pairs = [(frozen(blob), frozen(titled)) for blob, titled in blobs]
    return tuple(FrozenBitMap.union(FrozenBitMap(), *(pair[n] for pair in pairs)) for n in (0, 1))


def known_words() -> dict[int, dict[str, int]]:
    """The words of titles, categories and filters: ``{length: {word: number of products}}``."""
    return _one("known-words", _read_known_words, tags=[WORDS])


def _read_known_words() -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = defaultdict(dict)
    # An IN condition uses the index, on SQLite too.
    rows = Term.objects.filter(kind=WORD, is_known__in=[True])
    for word, n in rows.values_list("value", "n").iterator(2000):
        if not word.startswith(STEM):
            found[len(word)][word] = n
    return dict(found)
