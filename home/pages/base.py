"""What every page of the site shares: sharing, privacy, the page cache and breadcrumbs."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail.images.models import AbstractImage
from wagtail.models import Page, PageViewRestriction

from commerce.page_cache.dependencies import allow_caching
from home.blocks.body import first_image
from home.blocks.products import chosen_variant
from home.choosers.chosen import ChosenMixin
from home.pages.privacy import has_private_pages

#: Depth of a site's home page in Wagtail's tree: one below the root, which no site shows.
HOME_DEPTH = 2


class SharedPage(ChosenMixin, Page):
    """Base of all pages: cacheable, with a summary and an image for link previews."""

    share_type = "website"

    class Meta:
        abstract = True

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Serve the page as cacheable. Wagtail answers requests for private pages before this."""
        response = super().serve(request, *args, **kwargs)
        is_preview = getattr(request, "is_preview", False)
        if not is_preview:
            allow_caching()
        return response

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add ``variant``: the key of the variant chosen with ``?variant=``, or None."""
        context = super().get_context(request, *args, **kwargs)
        context["variant"] = chosen_variant(request)
        return context

    def get_view_restrictions(self) -> QuerySet[PageViewRestriction]:
        """The page's view restrictions. Makes no query on a site without private pages."""
        if has_private_pages():
            return super().get_view_restrictions()
        return PageViewRestriction.objects.none()

    @property
    def summary(self) -> str:
        """One sentence about the page: its search description, or else its introduction."""
        return self.search_description or getattr(self, "intro", "")

    @property
    def share_image(self) -> AbstractImage | None:
        """The image for link previews: the first photograph in the body."""
        with self.load_chosen():
            return first_image(getattr(self, "body", ()))


class CrumbsMixin:
    """Adds ``crumbs``, the page's breadcrumbs. Makes no query for children of the home page."""

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)  # type: ignore[misc]
        context["crumbs"] = breadcrumbs(self, request)
        return context


def breadcrumbs(page: Any, request: HttpRequest) -> list[tuple[str, str | None]]:
    """``(title, url)`` from the home page to the page, whose own url is None."""
    between = []
    if page.depth and page.depth > HOME_DEPTH + 1:
        ancestors = page.get_ancestors().live().filter(depth__gt=HOME_DEPTH)
        between = [(ancestor.title, ancestor.get_url(request)) for ancestor in ancestors]
    return [(_("Home"), "/"), *between, (page.title, None)]
