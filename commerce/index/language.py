"""What search knows of languages: stop words, plurals, stems, umlauts, compounds.

A language is a two-letter code. The listing index contains stems, so it is rebuilt when the shop's
language changes.
"""

from functools import lru_cache
from threading import local
from typing import Any

import snowballstemmer

from commerce.shop_settings.current import Shop, current_shop

#: Words ignored in searches, unless there are no others.
STOP_WORDS = {
    "en": frozenset(
        [
            "a",
            "an",
            "and",
            "any",
            "are",
            "as",
            "at",
            "be",
            "by",
            "for",
            "from",
            "i",
            "in",
            "is",
            "it",
            "my",
            "of",
            "on",
            "or",
            "our",
            "some",
            "that",
            "the",
            "this",
            "to",
            "with",
            "you",
            "your",
        ]
    ),
    "de": frozenset(
        [
            "als",
            "am",
            "an",
            "auf",
            "aus",
            "bei",
            "das",
            "dem",
            "den",
            "der",
            "des",
            "die",
            "ein",
            "eine",
            "einem",
            "einen",
            "einer",
            "eines",
            "fur",
            "im",
            "in",
            "ist",
            "mein",
            "meine",
            "mit",
            "nach",
            "oder",
            "unser",
            "unsere",
            "und",
            "von",
            "vom",
            "zu",
            "zum",
            "zur",
        ]
    ),
}
#: Words that say nothing about goods on their own.
NUMBER_WORDS = {
    "en": frozenset(
        [
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ]
    ),
    "de": frozenset(
        [
            "eins",
            "zwei",
            "drei",
            "vier",
            "funf",
            "sechs",
            "sieben",
            "acht",
            "neun",
            "zehn",
            "elf",
            "zwolf",
        ]
    ),
}
#: Stemmers of Snowball by language code (https://snowballstem.org/algorithms/).
STEMMERS = {"de": "german", "en": "english"}
#: Languages that write compounds as one word.
COMPOUNDING = frozenset(["de"])
#: Shorter words have no stem of their own.
MIN_STEMMED = 4
#: English plurals without a rule.
_IRREGULAR = {
    "children": "child", "feet": "foot", "geese": "goose", "halves": "half", "knives": "knife",
    "leaves": "leaf", "loaves": "loaf", "men": "man", "mice": "mouse", "scarves": "scarf",
    "shelves": "shelf", "teeth": "tooth", "women": "woman",
}  # fmt: skip
#: Umlauts as typed without their keys.
_UMLAUTS = (("ae", "a"), ("oe", "o"), ("ue", "u"))

_stemmers = local()


def shop_language() -> str:
    """The code of the shop's language, without its country. A query inside a transaction."""
    return language_of(current_shop())


def language_of(shop: Shop) -> str:
    """The code of a shop's language, without its country."""
    return shop.language.partition("-")[0].lower()


def stop_words(language: str) -> frozenset[str]:
    """The folded stop words of a language; English ones if it is not supported."""
    return STOP_WORDS.get(language, STOP_WORDS["en"])


def number_words(language: str) -> frozenset[str]:
    """The folded names of the numbers up to twelve; English ones if a language is not supported."""
    return NUMBER_WORDS.get(language, NUMBER_WORDS["en"])


def has_compounds(language: str) -> bool:
    """Whether a language writes compounds as one word."""
    return language in COMPOUNDING


def singular_of(word: str, language: str) -> str:
    """The singular of an English plural, by its ending; other words are returned unchanged.

    In other languages plurals are found by their stems only.
    """
    return _english_singular(word) if language == "en" else word


def without_umlauts(word: str, language: str) -> str:
    """A folded German word with "ae", "oe" and "ue" folded like umlauts; others unchanged."""
    if language == "de":
        for typed, folded in _UMLAUTS:
            word = word.replace(typed, folded)
    return word


@lru_cache(maxsize=100_000)
def stem_of(word: str, language: str) -> str:
    """The stem that a folded word shares with its inflections: "knitted" and "knit" give "knit".

    German stems are the same for both spellings of an umlaut ("bucher", "buecher"). Stems are for
    comparison and often no words.
    """
    if language == "en":
        word = _IRREGULAR.get(word, word)
    if len(word) < MIN_STEMMED or not word.isalpha():
        return word
    name = STEMMERS.get(language)
    return _stemmer(name).stemWord(word) if name else singular_of(word, language)


@lru_cache(maxsize=50_000)
def _english_singular(word: str) -> str:
    if len(word) < 4 or not word.isalpha() or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("shes", "ches", "xes", "sses")):
        return word[:-2]
    return word.removesuffix("s")


def _stemmer(name: str) -> Any:
    """A stemmer of this thread; one holds the word that it works on."""
    if not hasattr(_stemmers, name):
        setattr(_stemmers, name, snowballstemmer.stemmer(name))
    return getattr(_stemmers, name)
