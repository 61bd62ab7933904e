"""Words as the search knows them: folded, split, and in their singular. Pure, no ORM."""

import re
import unicodedata
from functools import lru_cache

#: Longest word kept; the rest of a longer one is cut off.
MAX_LENGTH = 40
#: Words of one search that are looked at.
MAX_WORDS = 8
#: Too common to find anything by, unless nothing else was typed.
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
#: Letters that decomposition leaves whole, as people type them without.
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})


def fold(text):
    """Text in lower case without accents: "Café" is "cafe", on every database alike."""
    text = str(text)
    if text.isascii():
        return text.lower()
    lowered = text.casefold().translate(_LETTERS)
    decomposed = unicodedata.normalize("NFKD", lowered)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def split_words(text):
    """The words of a text in their order, each once: whole, and the parts of a compound.

    "SM-MUG-OAT" gives "sm-mug-oat", "sm", "mug" and "oat".
    """
    found = {}
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
def singular_of(word):
    """The singular of an English plural by its ending; any other word as it is."""
    if len(word) < 4 or not word.isalpha() or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("shes", "ches", "xes", "sses")):
        return word[:-2]
    return word.removesuffix("s")


def indexed_words(text):
    """What a text is found by: its words and their singulars."""
    words = split_words(text)
    return set(words) | {singular_of(word) for word in words}


def searched_words(query):
    """The words of a search that count, in their order; stop words only where nothing else is.

    Whose something is does not count: "mug's" looks for "mug", which is found by it.
    """
    words = []
    for match in _WORD.finditer(fold(query.replace("\x00", " "))):
        word = match.group().replace("’", "'").removesuffix("'s")[:MAX_LENGTH]
        if word not in words:
            words.append(word)
    telling = [word for word in words if word not in STOP_WORDS]
    return (telling or words)[:MAX_WORDS]
