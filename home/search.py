"""What a shopper's search finds among the pages."""

from django.db.models import Q
from wagtail.models import Page

from commerce.search import PAGE_SOURCES, FoundPage
from commerce.words import searched_words


def find_pages(words, count):
    """Live, public pages by the words of their titles first, then by their text."""
    wanted = searched_words(words)
    pages = Page.objects.live().public().filter(depth__gt=2)
    by_title = Q()
    for word in wanted:
        by_title &= Q(title__icontains=word)
    found = {page.pk: page for page in pages.filter(by_title)[:count]}
    # Only letters and digits: the databases' own search languages have signs that break a query.
    plain = " ".join(word for word in wanted if word.isalnum())
    if plain and len(found) < count:
        found |= {page.pk: page for page in pages.search(plain)[:count] if page.pk not in found}
    return [
        FoundPage(page.title, page.url or "", page.search_description)
        for page in list(found.values())[:count]
    ]


def register():
    """Have the shop's search ask for pages too."""
    if find_pages not in PAGE_SOURCES:
        PAGE_SOURCES.append(find_pages)
