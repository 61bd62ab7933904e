"""Collections found by a search, shown next to products."""

from dataclasses import dataclass

from commerce.catalogue.collections import collection_url
from commerce.index.tokens import searched_words, singular_of, split_words
from commerce.models import ProductCollection
from commerce.page_cache.memoise import memoise
from commerce.search.queries import PageResult, synonyms


@dataclass(frozen=True)
class _SearchableCollection:
    """A collection with the singular words of its title and of its description."""

    page: PageResult
    title: frozenset[str]
    text: frozenset[str]


def search_collections(query: str, *, count: int) -> list[PageResult]:
    """Collections whose title matches, then those whose description does.

    Words match as for products: exactly, by synonyms, or as a prefix of a title word. Cached.
    """
    words = searched_words(query)
    if not words:
        return []
    rows, alternatives = memoise("collections", _find_collections), synonyms()

    def has(known: frozenset[str], word: str, *, prefixes: bool) -> bool:
        own = singular_of(word)
        if own in known or (prefixes and any(name.startswith(word) for name in known)):
            return True
        phrases = alternatives.get(own, ())
        return any(known.issuperset(map(singular_of, phrase)) for phrase in phrases)

    titled = [row for row in rows if all(has(row.title, word, prefixes=True) for word in words)]
    described = [row for row in rows if all(has(row.text, word, prefixes=False) for word in words)]
    return list(dict.fromkeys(row.page for row in [*titled, *described]))[:count]


def _find_collections() -> list[_SearchableCollection]:
    rows = ProductCollection.objects.filter(is_public=True).order_by("title", "pk")
    return [
        _SearchableCollection(
            PageResult(row.title, collection_url(row), row.description),
            title=frozenset(map(singular_of, split_words(row.title))),
            text=frozenset(map(singular_of, split_words(f"{row.title} {row.description}"))),
        )
        for row in rows
    ]
