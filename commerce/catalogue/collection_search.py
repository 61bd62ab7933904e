"""Collections that a search finds, beside the pieces."""

from dataclasses import dataclass

from commerce.catalogue.collections import collection_url
from commerce.index.tokens import searched_words, singular_of, split_words
from commerce.models import ProductCollection
from commerce.page_cache.memoise import memoise
from commerce.search.queries import PageResult, synonyms


@dataclass(frozen=True)
class _Called:
    """A collection with the words of its title and of its description, as singulars."""

    page: PageResult
    title: frozenset
    text: frozenset


def search_collections(query, *, count):
    """Collections that are called so, then those whose description has the words, as ``PageResult``.

    Each word counts as pieces are found by it: as it is, by its synonyms, or as the beginning of one
    of the title. No query in the long run: there are few of them.
    """
    words = searched_words(query)
    if not words:
        return []
    rows, alternatives = memoise("collections", _find_collections), synonyms()

    def has(known, word, *, beginnings):
        own = singular_of(word)
        if own in known or (beginnings and any(name.startswith(word) for name in known)):
            return True
        phrases = alternatives.get(own, ())
        return any(known.issuperset(map(singular_of, phrase)) for phrase in phrases)

    titled = [row for row in rows if all(has(row.title, word, beginnings=True) for word in words)]
    told = [row for row in rows if all(has(row.text, word, beginnings=False) for word in words)]
    return list(dict.fromkeys(row.page for row in [*titled, *told]))[:count]


def _find_collections():
    rows = ProductCollection.objects.filter(is_public=True).order_by("title", "pk")
    return [
        _Called(
            PageResult(row.title, collection_url(row), row.description),
            title=frozenset(map(singular_of, split_words(row.title))),
            text=frozenset(map(singular_of, split_words(f"{row.title} {row.description}"))),
        )
        for row in rows
    ]
