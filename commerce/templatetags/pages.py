"""Page numbers of lists, shortened in the middle."""

from types import SimpleNamespace
from typing import Any

from django import template
from django.core.paginator import Page

from commerce.urls import PLAIN

register = template.Library()


@register.filter
def page_numbers(list_page: Any) -> list[int | None]:
    """The page numbers to link, with None for each gap: 1 … 4 5 6 … 12."""
    near = {list_page.page + step for step in (-1, 0, 1)}
    shown = sorted({1, list_page.pages} | {n for n in near if 1 <= n <= list_page.pages})
    numbers: list[int | None] = []
    for number in shown:
        if numbers and number - numbers[-1] == 2:
            numbers.append(number - 1)
        elif numbers and number - numbers[-1] > 2:
            numbers.append(None)
        numbers.append(number)
    return numbers


@register.simple_tag
def page_url(base_query: str, number: int, anchor: str = "") -> str:
    """The URL of one page of a list; ``base_query`` precedes ``page=``: "a=b&" or "".

    The first page has no number.
    """
    if number > 1:
        return f"?{base_query}page={number}{anchor or ''}"
    query = base_query.removesuffix("&")
    return (f"?{query}" if query else PLAIN) + (anchor or "")


@register.filter
def as_list_page(page: Page | None) -> SimpleNamespace | None:
    """A page of Django's paginator for the pagination component; None for None."""
    return SimpleNamespace(page=page.number, pages=page.paginator.num_pages) if page else None
