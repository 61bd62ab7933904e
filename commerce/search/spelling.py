"""Corrections of misspelt words, and words written as one or as two."""

from collections.abc import Iterator, Mapping

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler, Levenshtein

from commerce.index.facet_index import known_words, sets_of_words

#: Shorter words are never corrected.
MIN_LETTERS = 3
#: Fewest letters of each part of a word written as one.
MIN_LETTERS_OF_PART = 3
#: Most parts of such a word.
MAX_PARTS = 3
#: In shorter words the first letter is taken as correct: "cafe" never becomes "safe".
MIN_LETTERS_FIRST_WRONG = 6

#: ``{length: {word: number of products}}``.
Vocabulary = Mapping[int, Mapping[str, int]]

_VOWELS = frozenset("aeiouy")


def correct(word: str) -> str | None:
    """The known word that a misspelt word most likely means, or None.

    Words of titles, categories and facets are known. Numbers, SKUs and words of one or two letters
    are never corrected.
    """
    if len(word) < MIN_LETTERS or not word.isalpha():
        return None
    vocabulary = known_words()
    # Two errors only in longer words, and never with a wrong first letter.
    passes = [(True, 1 if len(word) < 6 else 2)]
    if len(word) >= MIN_LETTERS_FIRST_WRONG:
        passes.append((False, 1))
    for same_letter, most in passes:
        lengths = range(max(len(word) - most, MIN_LETTERS), len(word) + most + 1)
        near = [
            (distance, -JaroWinkler.similarity(word, known), -n, known)
            for letters in lengths
            for known, n in vocabulary.get(letters, {}).items()
            if (not same_letter or known[0] == word[0])
            and (distance := DamerauLevenshtein.distance(word, known, score_cutoff=most)) <= most
            and (len(word) > MIN_LETTERS or _is_likely(word, known))
        ]
        if near:
            return min(near)[-1]
    return None


def _is_likely(word: str, known: str) -> bool:
    """Whether a word of three letters is a likely misspelling: letters swapped or a wrong vowel.

    Most words of three letters are one letter from another word: "cat" must not become "cap".
    """
    changes = Levenshtein.editops(word, known)
    if len(changes) > 1:
        return sorted(word) == sorted(known)
    return all(
        known[change.dest_pos] in _VOWELS
        and (change.tag == "insert" or word[change.src_pos] in _VOWELS)
        for change in changes
    )


def split_known(word: str, vocabulary: Vocabulary) -> list[str]:
    """The known words that a word consists of, as few as possible; empty if there are none.

    "keyring" gives key, ring if both are words of titles, categories or facets.
    """
    ways = [way for way in _ways(word, vocabulary, MAX_PARTS) if len(way) > 1]
    if not ways:
        return []
    return min(ways, key=lambda way: (len(way), -min(vocabulary[len(p)][p] for p in way)))


def _ways(word: str, vocabulary: Vocabulary, parts: int) -> Iterator[list[str]]:
    if word in vocabulary.get(len(word), ()):
        yield [word]
    if parts == 1:
        return
    for place in range(MIN_LETTERS_OF_PART, len(word) - MIN_LETTERS_OF_PART + 1):
        if word[:place] in vocabulary.get(place, ()):
            for way in _ways(word[place:], vocabulary, parts - 1):
                yield [word[:place], *way]


def correct_or_split(word: str) -> list[str]:
    """The replacement for an unknown word: a known word, two words, or the word itself.

    Of two words one has to be known, the other may be a word of descriptions.
    """
    if known := correct(word):
        return [known]
    return _split_loosely(word) or [word]


def _split_loosely(word: str) -> list[str] | None:
    if not word.isalpha():
        return None
    vocabulary = known_words()
    cuts = range(MIN_LETTERS_OF_PART, len(word) - MIN_LETTERS_OF_PART + 1)
    pairs = [(word[:place], word[place:]) for place in cuts]
    pairs = [pair for pair in pairs if any(part in vocabulary.get(len(part), ()) for part in pair)]
    sets = sets_of_words({part for pair in pairs for part in pair})
    numbers = {pair: min(len(sets[part][0]) for part in pair) for pair in pairs}
    best = max(pairs, key=lambda pair: numbers[pair], default=None)
    return list(best) if best and numbers[best] else None
