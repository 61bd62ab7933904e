"""Finding products by words: the same on every database, with misspellings and synonyms.

The interface is ``find`` and ``suggest``: words in, sets of product keys out. Another engine could
stand behind it (docs/listing.md).
"""

from collections import defaultdict
from dataclasses import dataclass, field

from pyroaring import BitMap
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from commerce.kept_sets import known_words, set_of_beginning, sets_of_words, shelves
from commerce.models import Listing, PromotedResult, SearchSynonym
from commerce.page_cache.dependencies import LISTS, depends_on
from commerce.page_cache.kept import kept
from commerce.words import searched_words, singular_of, words_of

#: A shorter word is never taken for a misspelling.
LEAST_LETTERS = 4
#: A shorter word begins as it was typed: "café" with another first letter is another word, "safe".
LEAST_LETTERS_OF_WRONG_FIRST = 6


@dataclass(frozen=True)
class Found:
    """What a search found. ``ids`` is the set of product keys; ``title_ids`` those found by title.

    ``searched_for`` is what was looked up where it differs from what was typed: the corrected words.
    ``is_any`` says that nothing has all the words, so that these have some of them.
    """

    is_search: bool = False
    ids: BitMap = field(default_factory=BitMap)
    title_ids: BitMap = field(default_factory=BitMap)
    promoted: tuple = ()
    searched_for: str = ""
    is_any: bool = False


def find(query, *, exact=False):
    """What the words of a query find; a query without words is no search.

    Each word counts, as it is, in its singular, by its synonyms, or else as the beginning of a word;
    two neighbours also as the one word that they make.
    Where nothing is found, unknown words are corrected (not with ``exact``); and where nothing has
    all the words, what has any of them is given.
    """
    words = searched_words(query)
    if not words:
        return Found()
    depends_on(LISTS)
    lexicon = _Lexicon(words)
    sets = [lexicon.look_up(word) for word in words]
    searched_for = ""
    ids, titles = _all_of(sets)
    for written_as_one in _joined(words):
        lexicon = _Lexicon(written_as_one)
        more, more_titles = _all_of([lexicon.look_up(word) for word in written_as_one])
        ids, titles = ids | more, titles | more_titles
    if not ids and not exact:
        corrected = [
            word if members[0] else correct(word) or word
            for word, members in zip(words, sets, strict=True)
        ]
        if corrected != words:
            lexicon = _Lexicon(corrected)
            sets = [lexicon.look_up(word) for word in corrected]
            searched_for = " ".join(corrected)
            ids, titles = _all_of(sets)
    is_any = not ids and len(words) > 1
    if is_any:
        ids, titles = (BitMap.union(*(pair[n] for pair in sets)) for n in (0, 1))
    return Found(
        is_search=True,
        ids=ids,
        title_ids=titles,
        promoted=_promoted(words),
        searched_for=searched_for if ids else "",
        is_any=is_any and bool(ids),
    )


def count_found(searches):
    """How many pieces have all the words of each search, ``{search: number}``; one query for all.

    By whole words and synonyms alone: a beginning or a correction would be looked up one by one.
    """
    words = {search: searched_words(search) for search in searches}
    lexicon = _Lexicon([word for row in words.values() for word in row])
    return {
        search: len(_all_of([lexicon.known(word) for word in row])[0]) if row else 0
        for search, row in words.items()
    }


def _joined(words):
    """The words with two neighbours as one, wherever that is a word we know: "tea pot", "teapot"."""
    vocabulary = known_words() if len(words) > 1 else {}
    for place in range(len(words) - 1):
        word = words[place] + words[place + 1]
        if word in vocabulary.get(len(word), ()):
            yield [*words[:place], word, *words[place + 2 :]]


def _all_of(sets):
    """What is in all of the pairs (members, members by title)."""
    return tuple(BitMap.intersection(*(pair[n] for pair in sets)) for n in (0, 1))


def _promoted(words):
    wanted = " ".join(singular_of(word) for word in words)
    keys = kept("promoted-results", _find_promoted).get(wanted, ())
    if not keys:
        return ()
    shown = set(Listing.objects.filter(pk__in=keys).values_list("pk", flat=True))
    return tuple(pk for pk in keys if pk in shown)


def _find_promoted():
    """The products that staff chose for each search, ``{its words as singulars: [keys]}``."""
    found = defaultdict(list)
    for query, product_id in PromotedResult.objects.values_list("query", "product_id"):
        found[" ".join(singular_of(word) for word in searched_words(query))].append(product_id)
    return dict(found)


class _Lexicon:
    """The sets of some words with their synonyms."""

    def __init__(self, words):
        self.alternatives = synonyms()
        wanted = {form for word in words for phrase in self._phrases(word) for form in phrase}
        self.sets = sets_of_words(wanted | {singular_of(word) for word in wanted})

    def _phrases(self, word):
        """The ways to say a word, each a tuple of words: itself first."""
        return [(word,), *self.alternatives.get(singular_of(word), ())]

    def look_up(self, word):
        """(members, members by title) of a word; of its beginnings where it is none itself."""
        found = self.known(word)
        return found if found[0] else set_of_beginning(word)

    def known(self, word):
        """The same of the word as it is and of its synonyms alone."""
        pairs = [_all_of([self._one(part) for part in phrase]) for phrase in self._phrases(word)]
        return tuple(BitMap.union(*(pair[n] for pair in pairs)) for n in (0, 1))

    def _one(self, word):
        forms = [self.sets[form] for form in {word, singular_of(word)}]
        return tuple(BitMap.union(*(pair[n] for pair in forms)) for n in (0, 1))


def synonyms():
    """``{word: [phrases that mean the same]}``, by singulars; each phrase a tuple of words."""
    return kept("synonyms", _find_synonyms)


def _find_synonyms():
    found = {}
    for (text,) in SearchSynonym.objects.values_list("words"):
        phrases = [tuple(words_of(phrase)) for phrase in text.split(",")]
        phrases = [phrase for phrase in phrases if phrase]
        for phrase in phrases:
            if len(phrase) == 1:
                others = [other for other in phrases if other != phrase]
                found.setdefault(singular_of(phrase[0]), []).extend(others)
    return found


def correct(word):
    """The known word that a misspelt one most likely is, or None.

    Known are words of titles, categories and facets. Never digits, SKUs or short words: those are
    other things, not misspellings.
    """
    if len(word) < LEAST_LETTERS or not word.isalpha():
        return None
    vocabulary = known_words()
    # Two slips only in a longer word, and never where the first letter is wrong as well.
    passes = [(True, 1 if len(word) < 6 else 2)]
    if len(word) >= LEAST_LETTERS_OF_WRONG_FIRST:
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
class FoundPage:
    """A page of the magazine that a search found."""

    title: str
    url: str
    text: str = ""


#: Functions ``(words, count) -> [FoundPage]``: floors above register what they can be searched for.
PAGE_SOURCES = []


def pages_found(words, *, count):
    """Pages beside the products; none without words that count."""
    if not searched_words(words):
        return []
    return [page for source in PAGE_SOURCES for page in source(words, count)][:count]


# --- While typing ---------------------------------------------------------------------------------


def suggest(query):
    """What may be meant by a search that is still being typed.

    Returns ``(keys found by title, keys found otherwise, category keys)``: the last word counts as a
    beginning, or as a misspelling where it begins nothing. The sets are the caller's to sort.
    """
    words = searched_words(query)
    if not words:
        return BitMap(), BitMap(), []
    lexicon = _Lexicon(words[:-1]) if words[:-1] else None
    pairs = [lexicon.look_up(word) for word in words[:-1]] if lexicon else []
    last = set_of_beginning(words[-1])
    if not last[0] and (known := correct(words[-1])):
        words, last = [*words[:-1], known], set_of_beginning(known)
    ids, titles = _all_of([*pairs, last])
    return titles, ids - titles, _categories(words)


def _categories(words):
    """Categories whose name has every word, the last one as a beginning."""
    found = [
        pk
        for pk, names in shelves().categories
        if all(any(name.startswith(word) for name in names) for word in words)
    ]
    return found[:4]
