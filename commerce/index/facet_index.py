"""In-process copy of the facet bitmaps; list pages need no query for them.

The bitmaps of lists and filters are read at once, those of words when a search asks for them. They
follow the versions of the page cache: a change of terms or prices invalidates its tag in its own
transaction. All requests share them, so they are frozen.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from pyroaring import BitMap, FrozenBitMap

from commerce.bulk_sql import literal_in
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
from commerce.index.price_windows import BANDS, NEVER, band_of, month_of, next_price_change
from commerce.index.terms import WORD
from commerce.index.tokens import fold, indexed_words
from commerce.index.variant_sets import VariantSet, union_of
from commerce.models import PriceWindow, Term
from commerce.models.cache_tags import SETS, TURNS, WINDOWS, WORDS
from commerce.page_cache.dependencies import collected
from commerce.page_cache.memoise import memoise_many

#: The kinds that lists and their filters are made of, read at once.
KINDS = (ALL, CATEGORY, KIND, ATTRIBUTE, PRICE, RATING, SALE, STOCK, TIMED)
#: Up to so many keys are named in a query; of more, all rows are read.
MANY = 20_000
#: Words that a beginning may stand for; of a beginning as common as that, the commonest are enough.
MAX_BEGINNINGS = 60
#: Sorts behind every letter that a word may go on with.
LAST = "\U0010ffff"


def _remembered(names, make, *, tags):
    """``memoise_many`` without a tie to the page: it names the lists and cards that it shows."""
    with collected():
        return memoise_many(names, make, tags=tags)


def _one(name, make, *, tags):
    return _remembered([name], lambda _names: {name: make()}, tags=tags)[name]


def frozen(blob):
    """A stored bitmap as a set of product keys that nobody can change."""
    return FrozenBitMap.deserialize(bytes(blob)) if blob else FrozenBitMap()


# --- Lists and filters ----------------------------------------------------------------------------


@dataclass(frozen=True)
class FacetIndex:
    """The bitmaps of all categories and filters, as one query read them.

    ``sets`` is ``{(kind, value): listings}``. ``plain`` and ``numbered`` have the values of filters,
    ``{(kind, value): VariantSet}``: as listings, and with what is known of their variants, for where
    filters may exclude each other. ``attributes`` is ``{attribute's code: {code: label}}`` by their
    labels; ``categories`` are those with products, ``(key, folded words of the name)``, the largest
    first. ``named`` are the names of sets by the words in them, ``{word: [(kind, value)]}``;
    ``options`` are the codes of the attributes that tell variants apart.
    """

    sets: dict
    plain: dict
    numbered: dict
    attributes: dict
    categories: tuple
    named: dict
    options: frozenset

    def called(self, word):
        """The listings of every category and filter whose name has a word."""
        sets = (self.sets[key] for key in self.named.get(word, ()))
        return FrozenBitMap.union(FrozenBitMap(), *sets)

    def of(self, kind, value):
        """The listings of one term; none of one that does not exist."""
        return self.sets.get((kind, value)) or FrozenBitMap()

    def variants_of(self, kind, value, *, is_filtered):
        """The same as a ``VariantSet``."""
        sets = self.numbered if is_filtered else self.plain
        return sets.get((kind, value)) or VariantSet()

    def timed(self, at):
        """The listings whose price may still change in the month of a moment, or later."""
        month = month_of(at)
        sets = (of for (kind, value), of in self.sets.items() if kind == TIMED and value >= month)
        return FrozenBitMap.union(FrozenBitMap(), *sets)


def facet_index() -> FacetIndex:
    """The index of now; one query where it changed."""
    return _one("facet-index", _read_index, tags=[SETS])


def _read_index():
    rows = Term.objects.filter(kind__in=KINDS) | Term.objects.filter(kind=VARIANT, n__gt=0)
    sets, labels, variants = {}, {}, defaultdict(dict)
    for kind, value, label, blob in rows.values_list("kind", "value", "label", "bitmap"):
        if kind == VARIANT:
            number, of, code = value.split(":", 2)
            variants[of, code][int(number)] = frozen(blob)
        else:
            sets[kind, value] = frozen(blob)
            labels[kind, value] = label
    filters = {key: of for key, of in sets.items() if key[0] not in (ALL, CATEGORY, KIND, TIMED)}
    return FacetIndex(
        sets=sets,
        plain={key: VariantSet(of) for key, of in filters.items()},
        numbered={key: _numbered(of, variants.get(key)) for key, of in filters.items()},
        attributes=_attributes_in(labels),
        categories=_categories_in(sets, labels),
        named=_named_in(labels),
        options=frozenset(value.partition(":")[0] for kind, value in variants if kind == ATTRIBUTE),
    )


def _named_in(labels):
    found = defaultdict(list)
    for key, label in labels.items():
        if key[0] in (CATEGORY, ATTRIBUTE):
            for word in indexed_words(label):
                found[word].append(key)
    return dict(found)


def _numbered(listings, variants):
    if not variants:
        return VariantSet(listings)
    return VariantSet(listings - FrozenBitMap.union(*variants.values()), variants)


def _attributes_in(labels):
    found = defaultdict(dict)
    for (kind, value), label in sorted(labels.items(), key=lambda item: item[1]):
        if kind == ATTRIBUTE:
            attribute, _colon, code = value.partition(":")
            found[attribute][code] = label
    return dict(found)


def _categories_in(sets, labels):
    found = [(len(of), int(value)) for (kind, value), of in sets.items() if kind == CATEGORY and of]
    return tuple(
        (pk, tuple(fold(labels[CATEGORY, str(pk)]).split()))
        for _size, pk in sorted(found, key=lambda row: (-row[0], row[1]))
    )


# --- Prices of a moment ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Prices:
    """The price bands, ``{code: VariantSet}``, and what is on sale, between two price changes."""

    bands: dict
    on_sale: VariantSet
    start: datetime
    until: datetime


def prices_at(at, index, *, is_filtered):
    """The ``Prices`` of a moment, beside the ``FacetIndex`` of the same list."""
    known = _one(
        ("prices", is_filtered),
        # Not of the index that is given: that may be older than what is remembered now.
        lambda: _read_prices(at, facet_index(), is_filtered=is_filtered),
        tags=[SETS, TURNS],
    )
    if known.start <= at < known.until:
        return known
    return _read_prices(at, index, is_filtered=is_filtered)


def priced_between(low, high, *, at):
    """What costs at least ``low`` and at most ``high`` at a moment (None: no such end), by variants."""
    start, until, members = _one(
        ("between", low, high),
        lambda: (at, next_price_change(at) or NEVER, _read_between(low, high, at)),
        tags=[SETS, WINDOWS],
    )
    return members if start <= at < until else _read_between(low, high, at)


def _read_between(low, high, at):
    windows = PriceWindow.objects.filter(start__lte=at, until__gt=at).order_by()
    # Where variants differ each has windows of its own, and the product's says nothing of them.
    rows = windows.filter(number__gt=0).values_list("listing_id", flat=True)
    differing = FrozenBitMap(rows.distinct())
    if low is not None:
        windows = windows.filter(price__gte=low)
    if high is not None:
        windows = windows.filter(price__lte=high)
    rows = windows.values_list("listing_id", "number")
    return _set_of(
        (pk, number, None, None) for pk, number in rows if bool(number) == (pk in differing)
    )


def _rows_of(windows, timed):
    return windows.filter(listing__in=literal_in(timed)) if len(timed) <= MANY else windows


def _read_prices(at, index, *, is_filtered):
    """A price that changes no more is in stored bitmaps; of the others the windows are looked up."""
    timed = index.timed(at)
    bands = {
        str(low): [index.variants_of(PRICE, str(low), is_filtered=is_filtered).without(timed)]
        for low in BANDS
    }
    on_sale = [index.variants_of(SALE, "yes", is_filtered=is_filtered).without(timed)]
    windows = _windows_of(timed, at=at)
    for band in {band for _pk, _number, band, _is_reduced in windows}:
        bands[band].append(_set_of(row for row in windows if row[2] == band))
    on_sale.append(_set_of(row for row in windows if row[3]))
    return Prices(
        bands={code: union_of(parts) for code, parts in bands.items()},
        on_sale=union_of(on_sale),
        start=at,
        until=next_price_change(at) or NEVER,
    )


def _windows_of(timed, *, at):
    """``(key, variant's number or 0, band, whether on sale)`` of the prices of a moment; one query."""
    if not timed:
        return []
    rows = _rows_of(PriceWindow.objects.filter(start__lte=at, until__gt=at), timed)
    rows = list(rows.values_list("listing_id", "number", "price", "was"))
    differing = {pk for pk, number, _price, _was in rows if number}
    return [
        (pk, number, band_of(price), was is not None)
        for pk, number, price, was in rows
        if bool(number) == (pk in differing) and pk in timed
    ]


def _set_of(windows):
    numbered = defaultdict(BitMap)
    for pk, number, _band, _is_reduced in windows:
        numbered[number].add(pk)
    shared = numbered.pop(0, BitMap())
    frozen_sets = {number: FrozenBitMap(members) for number, members in numbered.items()}
    return VariantSet(FrozenBitMap(shared), frozen_sets)


# --- Words ----------------------------------------------------------------------------------------


def sets_of_words(words):
    """``{word: (members, members by title)}`` of words; one query for those not remembered."""
    names = [("word", word) for word in words]
    pairs = _remembered(names, _read_words, tags=[WORDS])
    return {word: pair for (_name, word), pair in pairs.items()}


def _read_words(names):
    rows = Term.objects.filter(kind=WORD, value__in=[word for _name, word in names])
    nothing = FrozenBitMap(), FrozenBitMap()
    return dict.fromkeys(names, nothing) | {
        ("word", value): (frozen(blob), frozen(titled))
        for value, blob, titled in rows.values_list("value", "bitmap", "title_bitmap")
    }


def set_of_beginning(letters):
    """(members, members by title) of the commonest words that begin with some letters."""
    return _one(("beginning", letters), lambda: _read_beginning(letters), tags=[WORDS])


def _read_beginning(letters):
    # As a range it is read from the index, on SQLite as well.
    rows = Term.objects.filter(kind=WORD, value__gte=letters, value__lt=letters + LAST)
    rows = rows.order_by("-n", "value").values_list("bitmap", "title_bitmap")[:MAX_BEGINNINGS]
    pairs = [(frozen(blob), frozen(titled)) for blob, titled in rows]
    return tuple(FrozenBitMap.union(FrozenBitMap(), *(pair[n] for pair in pairs)) for n in (0, 1))


def known_words():
    """The words of titles, categories and filters: ``{number of letters: {word: products}}``."""
    return _one("known-words", _read_known_words, tags=[WORDS])


def _read_known_words():
    found = defaultdict(dict)
    # As a list it is read from the index, on SQLite as well.
    rows = Term.objects.filter(kind=WORD, is_known__in=[True])
    for word, n in rows.values_list("value", "n").iterator(2000):
        found[len(word)][word] = n
    return dict(found)
