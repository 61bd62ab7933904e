"""The sets behind lists and searches as this process remembers them, so that a list asks for none.

They follow the numbers of the page cache (docs/listing.md): a change of terms or of prices is told in
its own transaction and ends what was remembered. Everything here is shared by all requests: bitmaps
are frozen.
"""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass

from pyroaring import BitMap, FrozenBitMap

from commerce.bulk_sql import among
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
from commerce.index.price_windows import BANDS, band_of, month_of
from commerce.index.terms import WORD
from commerce.index.tokens import fold, indexed_words
from commerce.index.variant_sets import VariantSet, union_of
from commerce.models import PriceWindow, Term
from commerce.page_cache.dependencies import SETS, TURNS, WINDOWS, WORDS
from commerce.page_cache.memory import Memory

#: All that a process remembers; the sets of a hundred thousand pieces and some thousand words fit.
MOST_BYTES = 64 << 20
#: The kinds that lists and their filters are made of, read at once.
KINDS = (ALL, CATEGORY, KIND, ATTRIBUTE, PRICE, RATING, SALE, STOCK, TIMED)
#: Up to so many keys are named in a query; of more, all rows are read.
MANY = 20_000
#: Words that a beginning may stand for; of a beginning as common as that, the commonest are enough.
MAX_BEGINNINGS = 60
#: Sorts behind every letter that a word may go on with.
LAST = "\U0010ffff"

memory = Memory(MOST_BYTES)


def frozen(blob):
    """A stored bitmap as a set of product keys that nobody can change."""
    return FrozenBitMap.deserialize(bytes(blob)) if blob else FrozenBitMap()


# --- Lists and filters ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Shelves:
    """The sets of all categories and filters, as one query found them.

    ``sets`` is ``{(kind, value): listings}``. ``plain`` and ``numbered`` have the values of filters,
    ``{(kind, value): VariantSet}``: as listings, and with what is known of their variants, for where
    filters may exclude each other. ``attributes`` is ``{attribute's code: {code: label}}`` by their
    labels; ``categories`` are those with products, ``(key, folded words of the name)``, the largest
    first. ``named`` are the names of sets by the words in them, ``{word: [(kind, value)]}``.
    """

    sets: dict
    plain: dict
    numbered: dict
    attributes: dict
    categories: tuple
    named: dict

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


def shelves():
    """The ``Shelves`` of now; one query where they changed."""
    return memory.one("shelves", _read_shelves, tags=[SETS])


def _read_shelves():
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
    return Shelves(
        sets=sets,
        plain={key: VariantSet(of) for key, of in filters.items()},
        numbered={key: _numbered(of, variants.get(key)) for key, of in filters.items()},
        attributes=_attributes_in(labels),
        categories=_categories_in(sets, labels),
        named=_named_in(labels),
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
    """The price bands, ``{code: VariantSet}``, and what is on sale."""

    bands: dict
    on_sale: VariantSet


def prices_at(at, found, *, is_filtered):
    """The ``Prices`` of a moment, beside the ``Shelves`` of the same list. Within a month they are the
    same until the next moment at which any price turns."""
    if not memory.is_used():
        return _read_prices(at, found, is_filtered=is_filtered)
    return memory.one(
        ("prices", *stretch_of(at), is_filtered),
        # Not of the shelves that are given: those may be older than what is remembered now.
        lambda: _read_prices(at, shelves(), is_filtered=is_filtered),
        tags=[SETS, TURNS],
    )


def priced_between(low, high, *, at):
    """What costs at least ``low`` and at most ``high`` at a moment (None: no such end), by variants.

    Read from the windows, which may be all of them; remembered until a price turns.
    """
    if not memory.is_used():
        return _read_between(low, high, at)
    return memory.one(
        ("between", low, high, *stretch_of(at)),
        lambda: _read_between(low, high, at),
        tags=[SETS, WINDOWS],
    )


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


def stretch_of(at):
    """(month, how many prices turned in it before): between two turns all prices are the same.

    A name for what is remembered of a moment; inside a transaction there is nothing to name.
    """
    month = month_of(at)
    turns = memory.one(
        ("turns", month), lambda: _read_turns(shelves().timed(at)), tags=[SETS, TURNS]
    )
    return month, bisect_right(turns, at)


def _read_turns(timed):
    """The moments at which one of these prices changes, in their order."""
    rows = _rows_of(PriceWindow.objects.order_by(), timed).values_list("start", "until").distinct()
    return sorted({moment for row in rows for moment in row})


def _rows_of(windows, timed):
    return windows.filter(listing__in=among(timed)) if len(timed) <= MANY else windows


def _read_prices(at, found, *, is_filtered):
    """A price that changes no more is in stored sets; of the others the windows are looked up."""
    timed = found.timed(at)
    bands = {
        str(low): [found.variants_of(PRICE, str(low), is_filtered=is_filtered).without(timed)]
        for low in BANDS
    }
    on_sale = [found.variants_of(SALE, "yes", is_filtered=is_filtered).without(timed)]
    windows = _windows_of(timed, at=at)
    for band in {band for _pk, _number, band, _is_reduced in windows}:
        bands[band].append(_set_of(row for row in windows if row[2] == band))
    on_sale.append(_set_of(row for row in windows if row[3]))
    return Prices({code: union_of(parts) for code, parts in bands.items()}, union_of(on_sale))


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
    """``{word: (members, members by title)}`` of words; one query for those it does not remember."""
    names = [("word", word) for word in words]
    return {
        word: pair for (_name, word), pair in memory.many(names, _read_words, tags=[WORDS]).items()
    }


def _read_words(names):
    rows = Term.objects.filter(kind=WORD, value__in=[word for _name, word in names])
    nothing = FrozenBitMap(), FrozenBitMap()
    return dict.fromkeys(names, nothing) | {
        ("word", value): (frozen(blob), frozen(titled))
        for value, blob, titled in rows.values_list("value", "bitmap", "title_bitmap")
    }


def set_of_beginning(letters):
    """(members, members by title) of the commonest words that begin with some letters."""
    return memory.one(("beginning", letters), lambda: _read_beginning(letters), tags=[WORDS])


def _read_beginning(letters):
    # As a range it is read from the index, on SQLite as well.
    rows = Term.objects.filter(kind=WORD, value__gte=letters, value__lt=letters + LAST)
    rows = rows.order_by("-n", "value").values_list("bitmap", "title_bitmap")[:MAX_BEGINNINGS]
    pairs = [(frozen(blob), frozen(titled)) for blob, titled in rows]
    return tuple(FrozenBitMap.union(FrozenBitMap(), *(pair[n] for pair in pairs)) for n in (0, 1))


def known_words():
    """The words of titles, categories and filters: ``{number of letters: {word: products}}``."""
    return memory.one("known words", _read_known_words, tags=[WORDS])


def _read_known_words():
    found = defaultdict(dict)
    # As a list it is read from the index, on SQLite as well.
    rows = Term.objects.filter(kind=WORD, is_known__in=[True])
    for word, n in rows.values_list("value", "n").iterator(2000):
        found[len(word)][word] = n
    return dict(found)
