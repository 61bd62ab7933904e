"""The products that the words of a search mean, by how closely they match."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from typing import NamedTuple

from pyroaring import AbstractBitMap, FrozenBitMap

from commerce.index.facet_index import FacetIndex, known_words, set_of_prefix, sets_of_words
from commerce.index.language import has_compounds, stem_of, stop_words, without_umlauts
from commerce.index.listing_builder import ATTRIBUTE
from commerce.index.tokens import forms_of, joined_parts, parts_of, stems_of
from commerce.index.variant_sets import VariantSet, union_of
from commerce.models.cache_tags import WORDS
from commerce.page_cache.memoise import memoise
from commerce.search.spelling import split_known
from commerce.search.synonyms import Phrase, phrase_key, synonyms

#: How closely a product matches: by a word as typed (or its singular), by another form of it
#: (inflected, written as one or as two), by a synonym. Each includes the previous ones.
TYPED, FORMS, MEANT = range(3)
#: Most neighbouring words read as one word, or as a phrase with synonyms.
MAX_SPAN = 3
#: Fewest letters of a word found inside compounds, and of the rest of the compound.
MIN_LETTERS_INSIDE, MIN_LETTERS_BESIDE = 4, 3
#: Most compounds that one word finds.
MAX_COMPOUNDS = 60
#: Sorts after every letter that may follow a prefix.
LAST = "\U0010ffff"


class WordSets(NamedTuple):
    """All products with a word, those with it in the title, and those named by it.

    A product is named by the words of its title, its categories and its filter values.
    """

    members: AbstractBitMap = FrozenBitMap()
    titled: AbstractBitMap = FrozenBitMap()
    named: AbstractBitMap = FrozenBitMap()


NOTHING = WordSets()
#: The sets of a word or of a whole search by ``TYPED``, ``FORMS`` and ``MEANT``.
Meaning = tuple[WordSets, WordSets, WordSets]


def all_of(sets: Sequence[WordSets]) -> WordSets:
    """The products in all of the sets; there is at least one."""
    if len(sets) == 1:
        return sets[0]
    return WordSets(
        *(reduce(lambda one, other: one & other, kind) for kind in zip(*sets, strict=True))
    )


def any_of(sets: Sequence[WordSets]) -> WordSets:
    """The products in any of the sets."""
    sets = [one for one in sets if one.members]
    if len(sets) <= 1:
        return sets[0] if sets else NOTHING
    return WordSets(*(FrozenBitMap.union(*kind) for kind in zip(*sets, strict=True)))


class Lexicon:
    """The sets of the words of some searches, read together: one query for words not cached.

    ``is_literal`` leaves out words written as two: no product may be found that lacks the word.
    """

    def __init__(
        self,
        searches: Iterable[Sequence[str]],
        stored: FacetIndex,
        *,
        is_literal: bool = False,
    ) -> None:
        self.stored = stored
        self.language = stored.language
        self.alternatives = synonyms(stored.language)
        self._vocabulary = {} if is_literal else known_words()
        self._splits: dict[str, list[str]] = {}
        self._compounds: dict[str, list[str]] = {}
        self._found: dict[tuple[str, int], WordSets] = {}
        wanted: set[str] = set()
        for words in searches:
            for start, end in _spans(words):
                wanted |= self._words_of(words[start:end])
        self._sets = sets_of_words(wanted)

    def _words_of(self, words: Sequence[str]) -> set[str]:
        """The indexed words to read for one word, or for neighbours read as one."""
        named = {word for phrase in self._synonyms(words) for word in phrase}
        if len(words) == 1:
            named |= {words[0], *self._split(words[0])}
        else:
            named.add(_joined(words))
        named |= {part for word in named for part in (*parts_of(word), joined_parts(word))}
        wanted = set(self._compounds_with(words[0])) if len(words) == 1 else set()
        for word in named - {""}:
            wanted |= forms_of(word, self.language) | stems_of(word, self.language)
        return wanted

    def _synonyms(self, words: Sequence[str]) -> Sequence[Phrase]:
        """The phrases with the meaning of some words, also if staff wrote these as one or as two."""
        if not self.alternatives:
            return ()
        written = [words, self._split(words[0]) if len(words) == 1 else [_joined(words)]]
        keys = (phrase_key(one, self.language) for one in written if one)
        return next(filter(None, map(self.alternatives.get, keys)), ())

    def _split(self, word: str) -> list[str]:
        if word not in self._splits:
            forms = forms_of(word, self.language) if self._vocabulary and word.isalpha() else ()
            ways = (split_known(form, self._vocabulary) for form in sorted(forms, reverse=True))
            self._splits[word] = next(filter(None, ways), [])
        return self._splits[word]

    def _compounds_with(self, word: str) -> list[str]:
        if word not in self._compounds:
            is_part = has_compounds(self.language) and word.isalpha()
            self._compounds[word] = compounds_with(word, self.language) if is_part else []
        return self._compounds[word]

    # --- One word ---------------------------------------------------------------------------------

    def meaning_of(self, word: str) -> Meaning:
        """The sets of one word of a search, without words that it only begins."""
        typed, forms = self._one(word, TYPED), self._one(word, FORMS)
        if compounds := self._compounds_with(word):
            forms = _with(forms, self._plain(compounds))
        if parts := self._split(word):
            # Somewhere in a text, two words are rarely the compound.
            titled = all_of([self._one(part, FORMS) for part in parts]).titled
            forms = _with(forms, WordSets(titled, titled, titled))
        return typed, forms, self._with_synonyms(forms, [word])

    def _with_synonyms(self, sets: WordSets, words: Sequence[str]) -> WordSets:
        found = [self._phrase(phrase) for phrase in self._synonyms(words)]
        return _with(sets, any_of(found)) if found else sets

    def _phrase(self, phrase: Phrase) -> WordSets:
        return all_of([self._one(word, FORMS) for word in phrase])

    def _one(self, word: str, level: int) -> WordSets:
        if (word, level) not in self._found:
            self._found[word, level] = self._read(word, level)
        return self._found[word, level]

    def _read(self, word: str, level: int) -> WordSets:
        """The sets of a word in itself, without synonyms."""
        ignored = stop_words(self.language)
        parts = [part for part in parts_of(word) if part not in ignored] or [word]
        if level == TYPED:
            found = self._plain(forms_of(word, self.language))
        else:
            stems = self._plain(stems_of(word, self.language))
            found = _with(self._one(word, TYPED), stems)
        is_code = not word.isalpha() and any(map(str.isdigit, word))
        if parts != [word] and not (is_code and found.members):
            found = _with(found, all_of([self._one(part, level) for part in parts]))
            if level == FORMS and (joined := joined_parts(word)):
                found = _with(found, self._one(joined, level))
        return found

    def _plain(self, names: Iterable[str]) -> WordSets:
        """The products with any of some indexed words."""
        read = {name: self._sets[name] for name in names if name in self._sets}
        read = {name: pair for name, pair in read.items() if pair[0]}
        if not read:
            return NOTHING
        called = [self.stored.called(name) for name in read if name in self.stored.named]
        members, titled = (FrozenBitMap.union(*sets) for sets in zip(*read.values(), strict=True))
        return WordSets(members, titled, titled.union(*called) if called else titled)

    # --- Several words ----------------------------------------------------------------------------

    def slots(self, words: Sequence[str]) -> list[Meaning]:
        """The meaning of each word; if nothing has the word, of the words that it begins."""
        return [self._begun(word, self.meaning_of(word)) for word in words]

    def _begun(self, word: str, meaning: Meaning) -> Meaning:
        if meaning[MEANT].members:
            return meaning
        begun = prefix_sets(word, self.stored)
        return NOTHING, begun, begun

    def combined(self, words: Sequence[str], slots: Sequence[Meaning]) -> Meaning:
        """The products with all words, in any reading: neighbours may be one word or a phrase."""
        spans = [(n, n + 1, slot) for n, slot in enumerate(slots)]
        for start, end in _spans(words):
            if end - start > 1:
                joined = self._one(_joined(words[start:end]), FORMS)
                meant = self._with_synonyms(joined, words[start:end])
                if meant.members:
                    spans.append((start, end, (NOTHING, joined, meant)))
        found: list[WordSets] = []
        for level in (TYPED, FORMS, MEANT):
            is_new = not level or any(
                meaning[level] is not meaning[level - 1] for _start, _end, meaning in spans
            )
            found.append(_readings(spans, level, len(words)) if is_new else found[-1])
        return found[TYPED], found[FORMS], found[MEANT]

    def variants_named(self, words: Iterable[str]) -> VariantSet | None:
        """The variants with the values named by the words; None if no word names a value."""
        found: VariantSet | None = None
        for word in words:
            phrases = [(word,), *self._synonyms([word])]
            alone = {form for phrase in phrases if len(phrase) == 1 for form in phrase}
            forms = {
                form
                for one in alone
                for form in forms_of(one, self.language) | stems_of(one, self.language)
            }
            keys = {key for form in forms for key in self.stored.named.get(form, ())}
            sets = [self.stored.numbered[key] for key in keys if key[0] == ATTRIBUTE]
            if any(one.numbered for one in sets):
                named = union_of(sets)
                found = named if found is None else found & named
        return found


def _with(sets: WordSets, more: WordSets) -> WordSets:
    """The union; the same object if there is nothing more."""
    is_new = any(not theirs <= mine for mine, theirs in zip(sets, more, strict=True))
    return any_of([sets, more]) if is_new else sets


def _spans(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    for start in range(len(words)):
        for end in range(start + 1, min(start + MAX_SPAN, len(words)) + 1):
            yield start, end


def _joined(words: Sequence[str]) -> str:
    return "".join(part for word in words for part in parts_of(word))


def _readings(spans: Sequence[tuple[int, int, Meaning]], level: int, length: int) -> WordSets:
    """The products with all words by any division of the search into spans."""
    rest: list[WordSets | None] = [None] * length
    for start in reversed(range(length)):
        ways = []
        for begin, end, meaning in spans:
            if begin != start or not meaning[level].members:
                continue
            after = rest[end] if end < length else None
            if end < length and (after is None or not after.members):
                continue
            ways.append(all_of([meaning[level], after]) if after else meaning[level])
        rest[start] = any_of(ways)
    return rest[0] or NOTHING


# --- Beginnings and compounds ---------------------------------------------------------------------


def prefix_sets(letters: str, stored: FacetIndex) -> WordSets:
    """The sets of all words with a prefix."""
    members, titled = set_of_prefix(letters)
    named = (word for word in stored.named if word.startswith(letters))
    return WordSets(members, titled, FrozenBitMap.union(titled, *map(stored.called, named)))


def prefix_forms(letters: str, language: str) -> set[str]:
    """The spellings under which words with a typed prefix are indexed."""
    return forms_of(letters, language) | {without_umlauts(letters, language)}


def compounds_with(word: str, language: str) -> list[str]:
    """Known compounds that contain a word at their end or beginning: "Kunstdruck" for "Druck"."""
    stem = stem_of(word, language)
    if len(stem) < MIN_LETTERS_INSIDE:
        return []
    forwards, backwards = memoise(
        ("compounds", language), lambda: _find_compounds(language), tags=[WORDS]
    )
    ends = _beginning_with(backwards, stem[::-1])
    begins = _beginning_with(forwards, stem)
    least = len(stem) + MIN_LETTERS_BESIDE
    return [known for key, known in (*ends, *begins) if len(key) >= least][:MAX_COMPOUNDS]


def _find_compounds(language: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """``(stem, known word)`` sorted by the stem, and by the stem read backwards."""
    words = [word for of_length in known_words().values() for word in of_length if word.isalpha()]
    stems = [(stem_of(word, language), word) for word in words]
    return sorted(stems), sorted((stem[::-1], word) for stem, word in stems)


def _beginning_with(rows: Sequence[tuple[str, str]], letters: str) -> Sequence[tuple[str, str]]:
    return rows[bisect_left(rows, (letters,)) : bisect_left(rows, (letters + LAST,))]
