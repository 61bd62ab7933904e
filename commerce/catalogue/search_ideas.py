"""What to search for, from the catalogue: shown on the empty search page and if nothing is found."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from oscar.core.loading import get_model

from commerce.index.facet_index import facet_index
from commerce.index.language import number_words, singular_of, stop_words
from commerce.index.tokens import split_words
from commerce.models import Listing, PromotedResult
from commerce.models.cache_tags import LISTS, SITE
from commerce.page_cache.memoise import memoise

#: Searches, categories and products offered.
SEARCHES, CATEGORIES, PRODUCTS = 6, 6, 6
#: Bestsellers whose titles are read for popular words.
TITLES = 200
#: Shorter words say little.
MIN_LETTERS = 3


@dataclass(frozen=True)
class Idea:
    """A link to something that the shop has."""

    name: str
    url: str


@dataclass(frozen=True)
class SearchIdeas:
    """Popular searches, the largest categories and bestselling products, each best first."""

    searches: tuple[Idea, ...]
    categories: tuple[Idea, ...]
    products: tuple[Idea, ...]


def search_ideas() -> SearchIdeas:
    """Ideas from the current catalogue; all of them find something. Cached.

    Popular searches are those that staff promote products for, then the words that most bestsellers
    have in their titles.
    """
    return memoise("search-ideas", _find, tags=[LISTS, SITE])


def _find() -> SearchIdeas:
    rows = Listing.objects.filter(is_gone=False).order_by("-popularity", "-rating", "product_id")
    best = list(rows.values_list("title", "path", "popularity")[:TITLES])
    promoted = PromotedResult.objects.filter(product__listing__is_gone=False).order_by("pk")
    typed = [*promoted.values_list("query", flat=True), *_popular_words(best)]
    searches = list(dict.fromkeys(" ".join(words.split()) for words in typed))[:SEARCHES]
    url = reverse("search:search")
    return SearchIdeas(
        searches=tuple(Idea(words, f"{url}?{urlencode({'q': words})}") for words in searches),
        categories=tuple(_largest_categories()),
        products=tuple(Idea(title, path) for title, path, _sold in best[:PRODUCTS]),
    )


def _popular_words(rows: Iterable[tuple[str, str, int]]) -> list[str]:
    """The words of several titles, by the units sold."""
    language = facet_index().language
    ignored, sold = stop_words(language) | number_words(language), defaultdict(list)
    for title, _path, count in rows:
        for word in {singular_of(word, language) for word in split_words(title)} - ignored:
            if len(word) >= MIN_LETTERS and word.isalpha():
                sold[word].append(1 + count)
    repeated = {word: counts for word, counts in sold.items() if len(counts) > 1}
    return sorted(repeated, key=lambda word: (-sum(repeated[word]), word))[:SEARCHES]


def _largest_categories() -> list[Idea]:
    """Categories with products, largest first, without those that have subcategories."""
    keys = [pk for pk, _words in facet_index().categories]
    browsable: dict[int, Any] = (
        get_model("catalogue", "Category").objects.browsable().filter(numchild=0).in_bulk(keys)
    )
    found = [browsable[pk] for pk in keys if pk in browsable][:CATEGORIES]
    return [Idea(category.name, category.get_absolute_url()) for category in found]
