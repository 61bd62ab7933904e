"""Tokenises text for search: folded, split, with singulars and stems."""

import re
import unicodedata
from functools import lru_cache

from commerce.index.language import singular_of, stem_of, stop_words

#: Longer words are cut.
MAX_LENGTH = 40
#: Words used of one search.
MAX_WORDS = 8
#: Precedes the stems in the words of an index. No word begins with it.
STEM = "="

_WORD = re.compile(r"[^\W_]+(?:[-'’./][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
_JOINTS = re.compile(r"[-']")
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


def indexed_words(text: object, language: str) -> set[str]:
    """The words to index a text by: its words, their singulars and their stems after ``STEM``.

    Words joined by a hyphen are indexed as one word too: "tea-light" as "tealight". A stem that is
    itself one of the words is left out.
    """
    found = {form for word in split_words(text) for form in _forms_of(word, language)}
    return found | {STEM + stem for word in found if (stem := stem_of(word, language)) not in found}


@lru_cache(maxsize=50_000)
def _forms_of(word: str, language: str) -> tuple[str, ...]:
    """A word, its singular, and itself as one word if it has hyphens."""
    joined = joined_parts(word)
    return (word, singular_of(word, language), *([joined] if joined else ()))


def indexed_codes(code: object) -> set[str]:
    """The words to index a code by, such as a SKU: the whole and its parts."""
    return set(split_words(code))


def forms_of(word: str, language: str) -> set[str]:
    """The indexed words that are the word itself or its singular."""
    return {word, singular_of(word, language)}


def stems_of(word: str, language: str) -> set[str]:
    """The indexed words that share the word's stem."""
    stem = stem_of(singular_of(word, language), language)
    return {stem, STEM + stem}


def parts_of(word: str) -> list[str]:
    """The parts of a word with hyphens, dots or slashes; a plain word is its only part."""
    return [word] if word.isalnum() else [part[:MAX_LENGTH] for part in _PART.findall(word)]


def joined_parts(word: str) -> str:
    """A word with hyphens or apostrophes written as one; "" for plain words and codes."""
    joined = _JOINTS.sub("", word)
    return joined if joined != word and joined.isalpha() else ""


def searched_words(query: str, language: str) -> list[str]:
    """The significant words of a search, in order; stop words only if there are no others.

    The possessive is removed: "cup's" searches for "cup".
    """
    words = []
    for match in _WORD.finditer(fold(query.replace("\x00", " "))):
        word = match.group().replace("’", "'").removesuffix("'s")[:MAX_LENGTH]
        if word not in words:
            words.append(word)
    ignored = stop_words(language)
    telling = [word for word in words if word not in ignored]
    return (telling or words)[:MAX_WORDS]
