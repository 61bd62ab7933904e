"""Public and private pages. A site without private pages makes no query to find that out."""

from wagtail.models import Page, PageViewRestriction
from wagtail.query import PageQuerySet

from commerce.page_cache.memoise import memoise


def has_private_pages() -> bool:
    """Whether any page has a view restriction. Cached."""
    return memoise("has-private-pages", PageViewRestriction.objects.exists)


def public_pages(pages: PageQuerySet | None = None) -> PageQuerySet:
    """The live pages of a queryset, by default of all pages, that everyone may read."""
    live = (Page.objects.all() if pages is None else pages).live()
    return live.public() if has_private_pages() else live
