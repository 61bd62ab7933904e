"""Finding products by words: the same on every database, with misspellings and synonyms.

The interface is ``find`` and ``suggest``: words in, sets of product keys out. Another engine could
stand behind it (docs/listing.md).
"""

from collections import defaultdict
from dataclasses import dataclass, field

from pyroaring import BitMap
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from commerce.index.facet_index import facet_index, known_words, set_of_prefix, sets_of_words
from commerce.index.tokens import searched_words, singular_of, split_words
from commerce.models import Listing, PromotedResult, SearchSynonym
from commerce.models.cache_tags import LISTS
from commerce.page_cache.dependencies import depends_on
from commerce.page_cache.memoise import memoise

#: A shorter word is never taken for a misspelling.
LEAST_LETTERS = 4
#: Words that were written as one have so many letters each at least.
LEAST_LETTERS_OF_PART = 3
#: A shorter word begins as it was typed: "café" with another first letter is another word, "safe".
LEAST_LETTERS_OF_WRONG_FIRST = 6


@dataclass(frozen=True)
class SearchResult:
    """What a search found. ``ids`` is the set of product keys; ``title_ids`` those found by title.

    ``called`` are those that are called so by their title, category or filters, the best first, each set
    with those before it (``_called``). ``searched_for`` is what was looked up where it differs from what was typed: the corrected words.
    ``is_any`` says that nothing has all the words, so that these have some of them.
    """

    is_search: bool = False
    ids: BitMap = field(default_factory=BitMap)
    title_ids: BitMap = field(default_factory=BitMap)
    called: tuple = ()
    promoted: tuple = ()
    searched_for: str = ""
    is_any: bool = False


def search_products(query, *, exact=False, stored=None):
    """What the words of a query find; a query without words is no search.

    Each word counts, as it is, in its singular, by its synonyms, or else as the beginning of a word;
    two neighbours also as the one word that they make.
    Where nothing is found, unknown words are corrected or taken apart (not with ``exact``); and where
    nothing has all the words, what has any of them is given. ``stored`` are the ``FacetIndex``, where they are at hand.
    """
    words = typed = searched_words(query)
    if not words:
        return SearchResult()
    depends_on(LISTS)
    # Once: where nothing may be remembered, each look is a query.
    stored = stored or facet_index()
    lexicon = _Lexicon(words, stored)
    sets = [lexicon.look_up(word) for word in words]
    searched_for = ""
    ids, titles, called = _all_of(sets)
    for written_as_one in _joined(words):
        lexicon = _Lexicon(written_as_one, stored)
        more = _all_of([lexicon.look_up(word) for word in written_as_one])
        ids, titles, called = ids | more[0], titles | more[1], called | more[2]
    if not ids and not exact:
        corrected = []
        for word, members in zip(words, sets, strict=True):
            corrected += [word] if members[0] else _meant_by(word)
        if corrected != words:
            words, lexicon = corrected, _Lexicon(corrected, stored)
            sets = [lexicon.look_up(word) for word in corrected]
            searched_for = " ".join(corrected)
            ids, titles, called = _all_of(sets)
    is_any = not ids and len(words) > 1
    if is_any:
        ids = BitMap.union(*(members for members, _titled, _called in sets))
    return SearchResult(
        is_search=True,
        ids=ids,
        title_ids=titles,
        called=_called(sets, called),
        promoted=_promoted(typed) or _promoted(words),
        searched_for=searched_for if ids else "",
        is_any=is_any and bool(ids),
    )


def count_results(searches):
    """How many pieces have all the words of each search, ``{search: number}``; one query for all words.

    By whole words and synonyms alone: a beginning or a correction would be looked up one by one.
    """
    words = {search: searched_words(search) for search in searches}
    lexicon = _Lexicon([word for row in words.values() for word in row], facet_index())
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


def _meant_by(word):
    """What an unknown word should have been: another one that we know, two words, or itself."""
    if known := correct(word):
        return [known]
    return _apart(word) or [word]


def _apart(word):
    """The two words that were written as one, the one or the other a known one ("teacup": tea, cup); None
    where there are none."""
    vocabulary = known_words()
    cuts = range(LEAST_LETTERS_OF_PART, len(word) - LEAST_LETTERS_OF_PART + 1)
    pairs = [(word[:place], word[place:]) for place in cuts]
    pairs = [pair for pair in pairs if any(part in vocabulary.get(len(part), ()) for part in pair)]
    sets = sets_of_words({part for pair in pairs for part in pair})
    numbers = {pair: min(len(sets[part][0]) for part in pair) for pair in pairs}
    best = max(pairs, key=numbers.get, default=None)
    return list(best) if best and numbers[best] else None


def _all_of(sets):
    """What is in all of them: (members, members by title, members that are called so)."""
    return tuple(BitMap.intersection(*members) for members in zip(*sets, strict=True))


def _called(sets, every):
    """Who is called so by every word (``every``), by all words but one, and so on down to one: each set
    with those before it, and in front of it those of them of which one word is in the title."""
    at_least = [BitMap() for _word in sets]  # By one word, by two, ...
    for _members, _titled, called in sets:
        for number in range(len(at_least) - 1, 0, -1):
            at_least[number] |= at_least[number - 1] & called
        at_least[0] |= called
    titled = BitMap.union(*(titled for _members, titled, _called in sets))
    steps = (every, *reversed(at_least[:-1]))
    return tuple(part for step in steps for part in (step & titled, step))


def _promoted(words):
    wanted = " ".join(singular_of(word) for word in words)
    keys = memoise("promoted-results", _find_promoted).get(wanted, ())
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
    """The sets of some words with their synonyms, by the ``FacetIndex`` of a moment."""

    def __init__(self, words, stored):
        self.stored = stored
        self.alternatives = synonyms()
        wanted = {form for word in words for phrase in self._phrases(word) for form in phrase}
        self.sets = sets_of_words(wanted | {singular_of(word) for word in wanted})

    def _phrases(self, word):
        """The ways to say a word, each a tuple of words: itself first."""
        return [(word,), *self.alternatives.get(singular_of(word), ())]

    def look_up(self, word):
        """(members, members by title, members that are called so) of a word; of its beginnings where it
        is none itself."""
        found = self.known(word)
        return found if found[0] else _beginning(word, self.stored)

    def known(self, word):
        """The same of the word as it is and of its synonyms alone."""
        ways = [_all_of([self._one(part) for part in phrase]) for phrase in self._phrases(word)]
        return tuple(BitMap.union(*members) for members in zip(*ways, strict=True))

    def _one(self, word):
        forms = {word, singular_of(word)}
        members, titled = zip(*(self.sets[form] for form in forms), strict=True)
        titled = BitMap.union(*titled)
        return BitMap.union(*members), titled, titled.union(*map(self.stored.called, forms))


def _beginning(letters, stored):
    """The sets of all words that begin so."""
    members, titled = set_of_prefix(letters)
    named = (word for word in stored.named if word.startswith(letters))
    return members, titled, titled.union(*map(stored.called, named))


def synonyms():
    """``{word: [phrases that mean the same]}``, by singulars; each phrase a tuple of words."""
    return memoise("synonyms", _find_synonyms)


def _find_synonyms():
    found = {}
    for (text,) in SearchSynonym.objects.values_list("words"):
        phrases = [tuple(split_words(phrase)) for phrase in text.split(",")]
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
class PageResult:
    """A page of the magazine that a search found."""

    title: str
    url: str
    text: str = ""


#: Functions ``(words, count) -> [FoundPage]``: floors above register what they can be searched for.
PAGE_SOURCES = []


def search_pages(words, *, count):
    """Pages beside the products; none without words that count."""
    if not searched_words(words):
        return []
    return [page for source in PAGE_SOURCES for page in source(words, count)][:count]


# --- While typing ---------------------------------------------------------------------------------


def suggest(query):
    """What may be meant by a search that is still being typed.

    Returns ``(keys found by title, keys found otherwise, category keys)``: otherwise is by category and
    filter, and by texts only where nothing is called so. The last word counts as a beginning, or as a
    misspelling where it begins nothing. The sets are the caller's to sort.
    """
    words = searched_words(query)
    if not words:
        return BitMap(), BitMap(), []
    stored = facet_index()
    lexicon = _Lexicon(words[:-1], stored) if words[:-1] else None
    sets = [lexicon.look_up(word) for word in words[:-1]] if lexicon else []
    last = _begun(words[-1], stored)
    if not last[0] and (known := correct(words[-1])):
        words, last = [*words[:-1], known], _beginning(known, stored)
    ids, titles, called = _all_of([*sets, last])
    return titles, (called or ids) - titles, _categories(words, stored)


def _begun(word, stored):
    """The sets of a beginning, which may be a whole word in its plural: titles seldom have that."""
    begun = [_beginning(form, stored) for form in {word, singular_of(word)}]
    return tuple(BitMap.union(*members) for members in zip(*begun, strict=True))


def _categories(words, stored):
    """Categories whose name has every word, the last one as a beginning."""
    found = [
        pk
        for pk, names in stored.categories
        if all(any(name.startswith(word) for name in names) for word in words)
    ]
    return found[:4]
