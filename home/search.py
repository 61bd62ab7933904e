"""Pages in the shop's search."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db.models import Q
from django_tasks import TaskResult
from django_tasks.signals import task_finished

from commerce.index.language import shop_language
from commerce.index.tokens import searched_words, split_words
from commerce.models.cache_tags import SITE
from commerce.page_cache.memoise import memoise
from commerce.page_cache.versions import invalidate
from commerce.search.queries import PAGE_SOURCES, PageResult
from home.pages.privacy import public_pages

#: The fields of a page that results and their URLs need.
SHOWN = ("title", "search_description", "url_path", "slug", "path", "depth", "locale")

#: The tag of searches that show pages.
FOUND_PAGES = "found-pages"
#: Wagtail's task that writes a row of the search index.
INDEXING = "modelsearch.tasks.insert_or_update_object_task"


def find_pages(words: str, count: int) -> list[PageResult]:
    """Up to ``count`` live, public pages: first those found by title, then those found by text.

    Cached: pages and filters of one search ask for the same words, and two queries of Wagtail's
    search took a fifth of each. ``forget_found_pages`` ends it when a page was indexed.
    """
    wanted = tuple(searched_words(words, shop_language()))
    find = partial(_find, wanted, count)
    return memoise(("found-pages", wanted, count), find, tags=[SITE, FOUND_PAGES])


def _find(wanted: tuple[str, ...], count: int) -> list[PageResult]:
    pages = public_pages().filter(depth__gt=2).only(*SHOWN)
    by_title = Q()
    for word in wanted:
        by_title &= Q(title__icontains=word)
    candidates = pages.filter(by_title)[: 4 * count]
    found = {page.pk: page for page in candidates if _matches_title(page.title, wanted)}
    # Only letters and digits: other characters are operators in the databases' search languages.
    plain = " ".join(word for word in wanted if word.isalnum())
    if plain and len(found) < count:
        found |= {page.pk: page for page in pages.search(plain)[:count] if page.pk not in found}
    return [
        PageResult(page.title, page.url or "", page.search_description)
        for page in list(found.values())[:count]
    ]


def forget_found_pages(sender: Any, task_result: TaskResult, **kwargs: Any) -> None:
    """Wagtail indexes a published page in a task, after its change was told to the caches."""
    if task_result.task.module_path == INDEXING:
        invalidate(FOUND_PAGES)


def _matches_title(title: str, wanted: Iterable[str]) -> bool:
    """Whether each wanted word begins a word of the title: "pr" begins "privacy", not "improve"."""
    words = split_words(title)
    return all(any(word.startswith(prefix) for word in words) for prefix in wanted)


def register() -> None:
    """Add pages to the shop's search. May be called again."""
    task_finished.connect(forget_found_pages)
    if find_pages not in PAGE_SOURCES:
        PAGE_SOURCES.append(find_pages)
