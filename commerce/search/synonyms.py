"""Synonyms that staff enter: words and phrases that find the same products."""

from collections.abc import Sequence

from commerce.index.language import stem_of
from commerce.index.tokens import parts_of, searched_words
from commerce.models import SearchSynonym
from commerce.page_cache.memoise import memoise

#: A word or several.
Phrase = tuple[str, ...]


def synonyms(language: str) -> dict[Phrase, list[Phrase]]:
    """``{key of a phrase: [phrases with the same meaning]}``; see ``phrase_key``. Cached."""
    return memoise(("synonyms", language), lambda: _find_synonyms(language))


def phrase_key(words: Sequence[str], language: str) -> Phrase:
    """What two spellings of a phrase share: the stems of its words, hyphens or not."""
    return tuple(stem_of(part, language) for word in words for part in parts_of(word))


def _find_synonyms(language: str) -> dict[Phrase, list[Phrase]]:
    found: dict[Phrase, list[Phrase]] = {}
    for (text,) in SearchSynonym.objects.values_list("words"):
        phrases = [tuple(searched_words(phrase, language)) for phrase in text.split(",")]
        phrases = [phrase for phrase in phrases if phrase]
        for phrase in phrases:
            others = [other for other in phrases if other != phrase]
            found.setdefault(phrase_key(phrase, language), []).extend(others)
    return found
