"""Which pages everybody may read. Most sites have no private page, and then no page asks for one."""

from wagtail.models import Page, PageViewRestriction

from commerce.page_cache.memoise import memoise


def has_private_pages():
    """Whether any page of the site is for some visitors only. No query in the long run."""
    return memoise("has-private-pages", PageViewRestriction.objects.exists)


def public_pages(pages=None):
    """The live pages of a queryset (all, unless given) that everybody may read."""
    live = (Page.objects.all() if pages is None else pages).live()
    return live.public() if has_private_pages() else live
