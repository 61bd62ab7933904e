"""Collections found by a search, shown next to products."""

from dataclasses import dataclass

from commerce.catalogue.collections import collection_url
from commerce.index.language import shop_language, stem_of
from commerce.index.tokens import searched_words, split_words
from commerce.models import ProductCollection
from commerce.page_cache.memoise import memoise
from commerce.search.queries import PageResult
from commerce.search.synonyms import phrase_key, synonyms


@dataclass(frozen=True)
class _SearchableCollection:
    """A collection with the words of its title and of its description, and their stems."""

    page: PageResult
    title: frozenset[str]
    text: frozenset[str]


def search_collections(query: str, *, count: int) -> list[PageResult]:
    """Collections whose title matches, then those whose description does.

    Words match as for products: in any form, by synonyms, or as a prefix of a title word. Cached.
    """
    language = shop_language()
    words = searched_words(query, language)
    if not words:
        return []
    rows, alternatives = memoise("collections", _find_collections), synonyms(language)

    def has(known: frozenset[str], word: str, *, prefixes: bool) -> bool:
        own = phrase_key([word], language)
        if known.issuperset(own) or (prefixes and any(name.startswith(word) for name in known)):
            return True
        phrases = alternatives.get(own, ())
        return any(known.issuperset(phrase_key(phrase, language)) for phrase in phrases)

    titled = [row for row in rows if all(has(row.title, word, prefixes=True) for word in words)]
    described = [row for row in rows if all(has(row.text, word, prefixes=False) for word in words)]
    return list(dict.fromkeys(row.page for row in [*titled, *described]))[:count]


def _find_collections() -> list[_SearchableCollection]:
    rows = ProductCollection.objects.filter(is_public=True).order_by("title", "pk")
    language = shop_language()

    def stems(text: str) -> frozenset[str]:
        words = split_words(text)
        return frozenset(words) | {stem_of(word, language) for word in words}

    return [
        _SearchableCollection(
            PageResult(row.title, collection_url(row), row.description),
            title=stems(row.title),
            text=stems(f"{row.title} {row.description}"),
        )
        for row in rows
    ]
