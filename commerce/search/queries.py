"""Product search: the same results on every database, with misspellings and synonyms.

The interface is ``search_products`` and ``suggest``: words in, sets of product keys out. Another
engine could replace it (docs/listing.md).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pyroaring import AbstractBitMap, BitMap
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from commerce.index.facet_index import (
    FacetIndex,
    facet_index,
    known_words,
    set_of_prefix,
    sets_of_words,
)
from commerce.index.listing_builder import ATTRIBUTE
from commerce.index.tokens import searched_words, singular_of, split_words
from commerce.index.variant_sets import VariantSet, union_of
from commerce.models import Listing, PromotedResult, SearchSynonym
from commerce.models.cache_tags import LISTS
from commerce.page_cache.dependencies import depends_on
from commerce.page_cache.memoise import memoise

#: Of a word: (products, products with it in the title, products named by it).
WordSets = tuple[AbstractBitMap, AbstractBitMap, AbstractBitMap]
#: Shorter words are never corrected.
MIN_LETTERS = 4
#: Fewest letters of each part when a word is split in two.
MIN_LETTERS_OF_PART = 3
#: In shorter words the first letter is taken as correct: "cafe" never becomes "safe".
MIN_LETTERS_FIRST_WRONG = 6


@dataclass(frozen=True)
class SearchResult:
    """The result of a search: ``ids`` are all product keys, ``title_ids`` those matched by title.

    ``called`` are sets of products whose title, category or facet values contain the words, best
    first; each includes the previous ones (``_ranked_by_name``). ``searched_for`` are the corrected
    words, if any. ``is_any`` means that no product has all the words, so these have some of them.
    ``named_variants`` are the variants with the filter values that the words name, such as the blue
    ones for "blue shirt"; None if they name none.
    """

    is_search: bool = False
    ids: AbstractBitMap = field(default_factory=BitMap)
    title_ids: AbstractBitMap = field(default_factory=BitMap)
    called: tuple[AbstractBitMap, ...] = ()
    promoted: tuple[int, ...] = ()
    searched_for: str = ""
    is_any: bool = False
    named_variants: VariantSet | None = None


def search_products(
    query: str, *, exact: bool = False, stored: FacetIndex | None = None
) -> SearchResult:
    """Find products by the words of a query; a query without words is no search.

    Each word matches exactly, in the singular, by synonyms, or else as a prefix. Two neighbouring
    words also match as one compound. If nothing is found, unknown words are corrected or split (not
    with ``exact``). If no product has all the words, those with any of them are returned. Pass
    ``stored`` to reuse a ``FacetIndex``.
    """
    words = typed = searched_words(query)
    if not words:
        return SearchResult()
    depends_on(LISTS)
    # Read the index once: without a cache, each access is a query.
    stored = stored or facet_index()
    lexicon = _Lexicon(words, stored)
    sets = [lexicon.look_up(word) for word in words]
    searched_for = ""
    ids, titles, named = _all_of(sets)
    for written_as_one in _with_joined_pair(words):
        lexicon = _Lexicon(written_as_one, stored)
        more = _all_of([lexicon.look_up(word) for word in written_as_one])
        ids, titles, named = ids | more[0], titles | more[1], named | more[2]
    if not ids and not exact:
        corrected = []
        for word, members in zip(words, sets, strict=True):
            corrected += [word] if members[0] else _corrected(word)
        if corrected != words:
            words, lexicon = corrected, _Lexicon(corrected, stored)
            sets = [lexicon.look_up(word) for word in corrected]
            searched_for = " ".join(corrected)
            ids, titles, named = _all_of(sets)
    is_any = not ids and len(words) > 1
    if is_any:
        ids = BitMap.union(*(members for members, _titled, _called in sets))
    return SearchResult(
        is_search=True,
        ids=ids,
        title_ids=titles,
        called=_ranked_by_name(sets, named),
        promoted=_promoted(typed) or _promoted(words),
        searched_for=searched_for if ids else "",
        is_any=is_any and bool(ids),
        named_variants=lexicon.variants_named(words),
    )


def count_results(searches: Iterable[str]) -> dict[str, int]:
    """The number of products with all the words of each search, ``{search: number}``; one query.

    Matches whole words and synonyms only, because prefixes and corrections need a query each.
    """
    words = {search: searched_words(search) for search in searches}
    lexicon = _Lexicon([word for row in words.values() for word in row], facet_index())
    return {
        search: len(_all_of([lexicon.known(word) for word in row])[0]) if row else 0
        for search, row in words.items()
    }


def _with_joined_pair(words: Sequence[str]) -> Iterator[list[str]]:
    """The words with two neighbours joined, for each known compound: "tea pot" gives "teapot"."""
    vocabulary = known_words() if len(words) > 1 else {}
    for place in range(len(words) - 1):
        word = words[place] + words[place + 1]
        if word in vocabulary.get(len(word), ()):
            yield [*words[:place], word, *words[place + 2 :]]


def _corrected(word: str) -> list[str]:
    """The replacement for an unknown word: a known word, two words, or the word itself."""
    if known := correct(word):
        return [known]
    return _split_word(word) or [word]


def _split_word(word: str) -> list[str] | None:
    """Split a compound in two, at least one part being known ("teacup": tea, cup), or None."""
    vocabulary = known_words()
    cuts = range(MIN_LETTERS_OF_PART, len(word) - MIN_LETTERS_OF_PART + 1)
    pairs = [(word[:place], word[place:]) for place in cuts]
    pairs = [pair for pair in pairs if any(part in vocabulary.get(len(part), ()) for part in pair)]
    sets = sets_of_words({part for pair in pairs for part in pair})
    numbers = {pair: min(len(sets[part][0]) for part in pair) for pair in pairs}
    best = max(pairs, key=lambda pair: numbers[pair], default=None)
    return list(best) if best and numbers[best] else None


def _all_of(sets: Iterable[WordSets]) -> WordSets:
    """The intersection of the words' sets."""
    return tuple(BitMap.intersection(*members) for members in zip(*sets, strict=True))


def _ranked_by_name(sets: Sequence[WordSets], every: AbstractBitMap) -> tuple[AbstractBitMap, ...]:
    """Products named by every word (``every``), then by all but one, and so on down to one.

    Each step includes the previous one and is preceded by its products with a word in the title.
    """
    at_least = [BitMap() for _word in sets]  # named by one word, by two, ...
    for _members, _titled, called in sets:
        for number in range(len(at_least) - 1, 0, -1):
            at_least[number] |= at_least[number - 1] & called
        at_least[0] |= called
    titled = BitMap.union(*(titled for _members, titled, _called in sets))
    steps = (every, *reversed(at_least[:-1]))
    return tuple(part for step in steps for part in (step & titled, step))


def _promoted(words: Iterable[str]) -> tuple[int, ...]:
    wanted = " ".join(singular_of(word) for word in words)
    keys = memoise("promoted-results", _find_promoted).get(wanted, ())
    if not keys:
        return ()
    shown = set(Listing.objects.filter(pk__in=keys).values_list("pk", flat=True))
    return tuple(pk for pk in keys if pk in shown)


def _find_promoted() -> dict[str, list[int]]:
    """The products that staff promote for each search, ``{words in the singular: [keys]}``."""
    found = defaultdict(list)
    for query, product_id in PromotedResult.objects.values_list("query", "product_id"):
        found[" ".join(singular_of(word) for word in searched_words(query))].append(product_id)
    return dict(found)


class _Lexicon:
    """The sets of some words and their synonyms, based on one ``FacetIndex``."""

    def __init__(self, words: Iterable[str], stored: FacetIndex) -> None:
        self.stored = stored
        self.alternatives = synonyms()
        wanted = {form for word in words for phrase in self._phrases(word) for form in phrase}
        self.sets = sets_of_words(wanted | {singular_of(word) for word in wanted})

    def _phrases(self, word: str) -> list[tuple[str, ...]]:
        """The phrases that mean a word, each a tuple of words; the word itself first."""
        return [(word,), *self.alternatives.get(singular_of(word), ())]

    def look_up(self, word: str) -> WordSets:
        """The sets of a word and its synonyms, or of the words it is a prefix of if there are none."""
        found = self.known(word)
        return found if found[0] else _prefix_sets(word, self.stored)

    def known(self, word: str) -> WordSets:
        """The sets of a word and its synonyms."""
        ways = [_all_of([self._one(part) for part in phrase]) for phrase in self._phrases(word)]
        return tuple(BitMap.union(*members) for members in zip(*ways, strict=True))

    def variants_named(self, words: Iterable[str]) -> VariantSet | None:
        """The variants with the values named by the words; None if no word names a value."""
        found: VariantSet | None = None
        for word in words:
            forms = {form for phrase in self._phrases(word) if len(phrase) == 1 for form in phrase}
            forms |= {singular_of(form) for form in forms}
            keys = {key for form in forms for key in self.stored.named.get(form, ())}
            sets = [self.stored.numbered[key] for key in keys if key[0] == ATTRIBUTE]
            if any(one.numbered for one in sets):
                named = union_of(sets)
                found = named if found is None else found & named
        return found

    def _one(self, word: str) -> WordSets:
        forms = {word, singular_of(word)}
        members, titled = zip(*(self.sets[form] for form in forms), strict=True)
        titled = BitMap.union(*titled)
        return BitMap.union(*members), titled, titled.union(*map(self.stored.called, forms))


def _prefix_sets(letters: str, stored: FacetIndex) -> WordSets:
    """The sets of all words with a prefix."""
    members, titled = set_of_prefix(letters)
    named = (word for word in stored.named if word.startswith(letters))
    return members, titled, titled.union(*map(stored.called, named))


def synonyms() -> dict[str, list[tuple[str, ...]]]:
    """``{word: [phrases with the same meaning]}``, by singulars; each phrase is a tuple of words."""
    return memoise("synonyms", _find_synonyms)


def _find_synonyms() -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for (text,) in SearchSynonym.objects.values_list("words"):
        phrases = [tuple(split_words(phrase)) for phrase in text.split(",")]
        phrases = [phrase for phrase in phrases if phrase]
        for phrase in phrases:
            if len(phrase) == 1:
                others = [other for other in phrases if other != phrase]
                found.setdefault(singular_of(phrase[0]), []).extend(others)
    return found


def correct(word: str) -> str | None:
    """The known word that a misspelt word most likely means, or None.

    Words of titles, categories and facets are known. Numbers, SKUs and short words are never
    corrected.
    """
    if len(word) < MIN_LETTERS or not word.isalpha():
        return None
    vocabulary = known_words()
    # Two errors only in longer words, and never with a wrong first letter.
    passes = [(True, 1 if len(word) < 6 else 2)]
    if len(word) >= MIN_LETTERS_FIRST_WRONG:
        passes.append((False, 1))
    for same_letter, most in passes:
        lengths = range(len(word) - most, len(word) + most + 1)
        near = [
            (distance, -JaroWinkler.similarity(word, known), -n, known)
            for letters in lengths
            for known, n in vocabulary.get(letters, {}).items()
            if (not same_letter or known[0] == word[0])
            and (distance := DamerauLevenshtein.distance(word, known, score_cutoff=most)) <= most
        ]
        if near:
            return min(near)[-1]
    return None


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
    if not searched_words(words):
        return []
    return [page for source in PAGE_SOURCES for page in source(words, count)][:count]


# --- While typing ---------------------------------------------------------------------------------


class Suggestions(NamedTuple):
    """Product keys matched by title, other keys, category keys, and the variants named."""

    titled: AbstractBitMap
    others: AbstractBitMap
    categories: list[int]
    named_variants: VariantSet | None = None


def suggest(query: str) -> Suggestions:
    """Suggestions for a search that is still being typed.

    ``others`` match by category and facet value, and by text only if no name matches. The last word counts as a prefix, or as a
    misspelling if no word has it as a prefix. The sets are unsorted.
    """
    words = searched_words(query)
    if not words:
        return Suggestions(BitMap(), BitMap(), [])
    stored = facet_index()
    lexicon = _Lexicon(words[:-1], stored) if words[:-1] else None
    sets = [lexicon.look_up(word) for word in words[:-1]] if lexicon else []
    last = _prefix_or_singular(words[-1], stored)
    if not last[0] and (known := correct(words[-1])):
        words, last = [*words[:-1], known], _prefix_sets(known, stored)
    ids, titles, named = _all_of([*sets, last])
    whole = lexicon or _Lexicon(words, stored)
    return Suggestions(
        titles, (named or ids) - titles, _categories(words, stored), whole.variants_named(words)
    )


def _prefix_or_singular(word: str, stored: FacetIndex) -> WordSets:
    """The sets of a prefix and of its singular, because titles rarely contain plurals."""
    begun = [_prefix_sets(form, stored) for form in {word, singular_of(word)}]
    return tuple(BitMap.union(*members) for members in zip(*begun, strict=True))


def _categories(words: Sequence[str], stored: FacetIndex) -> list[int]:
    """Categories whose name contains every word, as prefixes."""
    found = [
        pk
        for pk, names in stored.categories
        if all(any(name.startswith(word) for name in names) for word in words)
    ]
    return found[:4]
