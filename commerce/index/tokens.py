"""Tokenises text for search: folded, split, and in the singular. Pure, no ORM."""

import re
import unicodedata
from functools import lru_cache

#: Longer words are cut.
MAX_LENGTH = 40
#: Words used of one search.
MAX_WORDS = 8
#: Ignored, unless the search has no other words.
STOP_WORDS = frozenset(
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
)

_WORD = re.compile(r"[^\W_]+(?:[-'’./][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
#: Letters without a Unicode decomposition, as people type them.
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})


def fold(text: object) -> str:
    """Text in lower case without accents: "Café" becomes "cafe", the same on every database."""
    text = str(text)
    if text.isascii():
        return text.lower()
    lowered = text.casefold().translate(_LETTERS)
    decomposed = unicodedata.normalize("NFKD", lowered)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def split_words(text: object) -> list[str]:
    """The distinct words of a text, in order: compounds whole and split.

    "AB-CUP-OAT" gives "ab-cup-oat", "ab", "cup" and "oat".
    """
    found: dict[str, None] = {}
    for match in _WORD.finditer(fold(text)):
        whole = match.group()
        if whole.isalnum():
            found[whole[:MAX_LENGTH]] = None
            continue
        whole = whole.replace("’", "'")
        parts = _PART.findall(whole)
        for word in (whole, *parts) if len(parts) > 1 else (whole,):
            found[word[:MAX_LENGTH]] = None
    return list(found)


@lru_cache(maxsize=50_000)
def singular_of(word: str) -> str:
    """The singular of an English plural, by its ending; other words are returned unchanged."""
    if len(word) < 4 or not word.isalpha() or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("shes", "ches", "xes", "sses")):
        return word[:-2]
    return word.removesuffix("s")


def indexed_words(text: object) -> set[str]:
    """The words to index a text by: its words and their singulars."""
    words = split_words(text)
    return set(words) | {singular_of(word) for word in words}


def searched_words(query: str) -> list[str]:
    """The significant words of a search, in order; stop words only if there are no others.

    The possessive is removed: "cup's" searches for "cup".
    """
    words = []
    for match in _WORD.finditer(fold(query.replace("\x00", " "))):
        word = match.group().replace("’", "'").removesuffix("'s")[:MAX_LENGTH]
        if word not in words:
            words.append(word)
    telling = [word for word in words if word not in STOP_WORDS]
    return (telling or words)[:MAX_WORDS]
