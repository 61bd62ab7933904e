"""Product search: the same results on every database, with misspellings, synonyms and prices.

The interface is ``search_products`` and ``suggest``: words in, sets of product keys out. Another
engine could replace it (docs/listing.md).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pyroaring import AbstractBitMap, BitMap, FrozenBitMap

from commerce.index.facet_index import FacetIndex, facet_index, priced_between
from commerce.index.language import shop_language
from commerce.index.tokens import parts_of, searched_words
from commerce.index.variant_sets import VariantSet
from commerce.models import Listing, PromotedResult
from commerce.models.cache_tags import LISTS
from commerce.page_cache.dependencies import depends_on
from commerce.page_cache.memoise import memoise
from commerce.search.lexicon import (
    FORMS,
    MEANT,
    TYPED,
    Lexicon,
    Meaning,
    WordSets,
    all_of,
    any_of,
    prefix_forms,
    prefix_sets,
)
from commerce.search.prices import PriceCondition, price_in
from commerce.search.spelling import correct, correct_or_split
from commerce.search.synonyms import Phrase, phrase_key


@dataclass(frozen=True)
class SearchResult:
    """The result of a search: ``ids`` are all product keys, ``title_ids`` those matched by title.

    ``tiers`` are sets of products, best first; each may repeat products of the previous ones, and
    the rest of ``ids`` comes last. ``searched_for`` are the corrected words, if any. ``is_any``
    means that no product has all the words, so these have some of them. ``named_variants`` are the
    variants with the filter values that the words name, such as the blue ones for "blue shirt"; None
    if they name none.

    ``price`` is a condition that the search contains and ``words`` is the search without it. The
    sets ignore the price, because it applies to variants: see ``priced``.
    """

    is_search: bool = False
    ids: AbstractBitMap = field(default_factory=BitMap)
    title_ids: AbstractBitMap = field(default_factory=BitMap)
    tiers: tuple[AbstractBitMap, ...] = ()
    promoted: tuple[int, ...] = ()
    searched_for: str = ""
    is_any: bool = False
    named_variants: VariantSet | None = None
    price: PriceCondition | None = None
    words: str = ""


class _Reading(NamedTuple):
    """The words of a search with their sets."""

    words: list[str]
    lexicon: Lexicon
    slots: list[Meaning]
    found: Meaning


def search_products(
    query: str, *, exact: bool = False, stored: FacetIndex | None = None
) -> SearchResult:
    """Find products by the words of a query; a query without words is no search.

    Each word matches exactly, in another form, by synonyms, or else as a prefix. Neighbours also
    match written as one word, and a word written as several. If nothing is found, unknown words are
    corrected. If no product has all the words, those with any of them are returned. A price is
    understood as a condition. ``exact`` takes the words literally: no price, no correction, no word
    written as several. Pass ``stored`` to reuse a ``FacetIndex``.
    """
    price, text = (None, query) if exact else price_in(query)
    # Read the index once: without a cache, each access is a query.
    stored = stored or facet_index()
    words = searched_words(text, stored.language)
    if not words:
        return SearchResult(price=price, words=text)
    depends_on(LISTS)
    read = _read(words, stored, is_literal=exact)
    if not read.found[MEANT].members and not exact:
        read = _respelt(read, stored)
    ids = read.found[MEANT].members
    is_any = not ids and len(read.words) > 1
    if is_any:
        ids = BitMap.union(*(slot[MEANT].members for slot in read.slots))
    return SearchResult(
        is_search=True,
        ids=ids,
        title_ids=read.found[MEANT].titled,
        tiers=_tiers(read.found, read.slots),
        promoted=_promoted([words, read.words], stored.language),
        searched_for=" ".join(read.words) if ids and read.words != words else "",
        is_any=is_any and bool(ids),
        named_variants=read.lexicon.variants_named(read.words),
        price=price,
        words=text,
    )


def priced(condition: PriceCondition, *, within: AbstractBitMap) -> VariantSet:
    """The variants that meet a price condition now; at least all those of ``within``."""
    return priced_between(condition.lowest, condition.highest, within=within)


def count_results(searches: Iterable[str]) -> dict[str, int]:
    """The number of products with all the words of each search, ``{search: number}``; one query.

    Without beginnings of words and corrections, which need a query each. Prices are ignored.
    """
    stored = facet_index()
    words = {search: searched_words(price_in(search)[1], stored.language) for search in searches}
    lexicon = Lexicon(words.values(), stored)

    def count(row: list[str]) -> int:
        slots = [lexicon.meaning_of(word) for word in row]
        return len(lexicon.combined(row, slots)[MEANT].members) if row else 0

    return {search: count(row) for search, row in words.items()}


def _read(words: list[str], stored: FacetIndex, *, is_literal: bool = False) -> _Reading:
    lexicon = Lexicon([words], stored, is_literal=is_literal)
    slots = lexicon.slots(words)
    return _Reading(words, lexicon, slots, lexicon.combined(words, slots))


def _respelt(read: _Reading, stored: FacetIndex) -> _Reading:
    """The search with its unknown words corrected; unchanged if there is no correction."""
    unknown = [not slot[MEANT].members for slot in read.slots]
    if not any(unknown):
        return read
    first: _Reading | None = None
    for words in _corrections(read.words, unknown):
        corrected = _read(words, stored)
        if corrected.found[MEANT].members:
            return corrected
        first = first or corrected
    return first or read


def _corrections(words: Sequence[str], unknown: Sequence[bool]) -> Iterator[list[str]]:
    """The words with each unknown one corrected, then with two neighbours corrected as one."""
    corrected = []
    for word, is_unknown in zip(words, unknown, strict=True):
        corrected += correct_or_split(word) if is_unknown else [word]
    if corrected != list(words):
        yield corrected
    for place in range(len(words) - 1):
        if any(unknown[place : place + 2]):
            known = correct(words[place] + words[place + 1])
            if known:
                yield [*words[:place], known, *words[place + 2 :]]


# --- Order ----------------------------------------------------------------------------------------


def _tiers(found: Meaning, slots: Sequence[Meaning]) -> tuple[AbstractBitMap, ...]:
    """Products with all words in the title, then named by them: as typed, in another form, as meant.

    Then those named by fewer words, then those with the words as typed in their text.
    """
    levels = [found[n] for n in (TYPED, FORMS, MEANT) if not n or found[n] is not found[n - 1]]
    best = [tier for sets in levels for tier in (sets.titled, sets.named)]
    partly = _named_by_some(slots) if len(slots) > 1 else ()
    return (*best, *partly, *(sets.members for sets in levels[:-1]))


def _named_by_some(slots: Sequence[Meaning]) -> Iterator[AbstractBitMap]:
    """Products named by all words, all but one, and so on down to one.

    Each step is preceded by its products with a word in the title, those with a typed word first.
    """
    at_least = [BitMap() for _slot in slots]  # named by one word, by two, ...
    for slot in slots:
        named = slot[MEANT].named
        for number in range(len(at_least) - 1, 0, -1):
            at_least[number] |= at_least[number - 1] & named
        at_least[0] |= named
    typed, meant = (BitMap.union(*(slot[n].titled for slot in slots)) for n in (TYPED, MEANT))
    for step in reversed(at_least):
        yield from (step & typed, step & meant, step)


def _promoted(searches: Iterable[Sequence[str]], language: str) -> tuple[int, ...]:
    """The products promoted for the first of the searches that has any."""
    every = memoise(("promoted-results", language), lambda: _find_promoted(language))
    found = (every.get(phrase_key(words, language)) for words in searches)
    keys = next(filter(None, found), ())
    if not keys:
        return ()
    shown = set(Listing.objects.filter(pk__in=keys).values_list("pk", flat=True))
    return tuple(pk for pk in keys if pk in shown)


def _find_promoted(language: str) -> dict[Phrase, list[int]]:
    """The products that staff promote for each search, ``{stems of its words: [keys]}``."""
    found = defaultdict(list)
    for query, product_id in PromotedResult.objects.values_list("query", "product_id"):
        found[phrase_key(searched_words(query, language), language)].append(product_id)
    return dict(found)


# --- Pages ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PageResult:
    """A page of the magazine found by a search."""

    title: str
    url: str
    text: str = ""


#: Functions ``(words, count) -> [PageResult]``, registered by other apps.
PAGE_SOURCES: list[Callable[[str, int], list[PageResult]]] = []


def search_pages(words: str, *, count: int) -> list[PageResult]:
    """Pages found besides products; none without searchable words."""
    if not searched_words(words, shop_language()):
        return []
    return [page for source in PAGE_SOURCES for page in source(words, count)][:count]


# --- While typing ---------------------------------------------------------------------------------


class Suggestions(NamedTuple):
    """Product keys matched by title, other keys, category keys, and the variants named.

    ``typed`` are those with the words as typed in their titles, not only in other forms or synonyms.
    """

    titled: AbstractBitMap
    others: AbstractBitMap
    categories: list[int]
    named_variants: VariantSet | None = None
    typed: AbstractBitMap = FrozenBitMap()


def suggest(query: str) -> Suggestions:
    """Suggestions for a search that is still being typed.

    ``others`` match by category and facet value, and by text only if no name matches. The last word
    counts as a prefix, or as a misspelling if no word has it as a prefix. The sets are unsorted. A
    price in the query leaves products out.
    """
    price, text = price_in(query)
    stored = facet_index()
    words = searched_words(text, stored.language)
    if not words:
        return Suggestions(BitMap(), BitMap(), [])
    words, lexicon, slots = _begun(words, stored)
    found = all_of([slot[MEANT] for slot in slots])
    typed = all_of([slot[TYPED] for slot in slots]).titled
    titled, others = found.titled, (found.named or found.members) - found.titled
    if price:
        affordable = priced(price, within=found.members).listings()
        titled, others = titled & affordable, others & affordable
    named = lexicon.variants_named(words)
    return Suggestions(titled, others, _categories(words, stored), named, typed & titled)


def _begun(words: list[str], stored: FacetIndex) -> tuple[list[str], Lexicon, list[Meaning]]:
    """The meaning of a search whose last word may be incomplete, and the words it was read as."""
    *whole, last = words
    begun = _beginning_with(last, stored)
    if not begun.members and len(parts := parts_of(last)) > 1:
        *whole, last = words = [*whole, *parts]
        begun = _beginning_with(last, stored)
    if not begun.members and (known := correct(last)):
        words, begun = [*whole, known], prefix_sets(known, stored)
    lexicon = Lexicon([whole or words], stored)
    slots = [*lexicon.slots(whole), (begun, begun, begun)]
    if not begun.members and not whole:
        return words, lexicon, [lexicon.meaning_of(last)]
    return words, lexicon, slots


def _beginning_with(word: str, stored: FacetIndex) -> WordSets:
    """The sets of a prefix and of its singular, because titles rarely contain plurals."""
    return any_of([prefix_sets(form, stored) for form in prefix_forms(word, stored.language)])


def _categories(words: Sequence[str], stored: FacetIndex) -> list[int]:
    """Categories whose name contains every word, as prefixes."""
    found = [
        pk
        for pk, names in stored.categories
        if all(any(name.startswith(word) for name in names) for word in words)
    ]
    return found[:4]
