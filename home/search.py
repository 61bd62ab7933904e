"""What a shopper's search finds among the pages."""

from django.db.models import Q

from commerce.index.tokens import searched_words, split_words
from commerce.search.queries import PAGE_SOURCES, PageResult
from home.pages.privacy import public_pages


def find_pages(words, count):
    """Live, public pages by the words of their titles first, then by their text."""
    wanted = searched_words(words)
    pages = public_pages().filter(depth__gt=2)
    by_title = Q()
    for word in wanted:
        by_title &= Q(title__icontains=word)
    titled = [page for page in pages.filter(by_title)[: 4 * count] if _begins(page.title, wanted)]
    found = {page.pk: page for page in titled}
    # Only letters and digits: the databases' own search languages have signs that break a query.
    plain = " ".join(word for word in wanted if word.isalnum())
    if plain and len(found) < count:
        found |= {page.pk: page for page in pages.search(plain)[:count] if page.pk not in found}
    return [
        PageResult(page.title, page.url or "", page.search_description)
        for page in list(found.values())[:count]
    ]


def _begins(title, wanted):
    """Whether every word sought begins a word of the title: "va" is in "vase", not in "privacy"."""
    words = split_words(title)
    return all(any(word.startswith(sought) for word in words) for sought in wanted)


def register():
    """Have the shop's search ask for pages too."""
    if find_pages not in PAGE_SOURCES:
        PAGE_SOURCES.append(find_pages)
