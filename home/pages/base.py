"""What every page of the site shares: sharing, privacy, the page cache and breadcrumbs."""

from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, PageViewRestriction

from commerce.page_cache.opting_in import open_page
from home.blocks.body import first_image
from home.blocks.products import chosen_variant
from home.pages.privacy import has_private_pages


class SharedPage(Page):
    """What a page tells those who only see a link to it."""

    share_type = "website"

    class Meta:
        abstract = True

    def serve(self, request, *args, **kwargs):
        """The page, the same for everybody: Wagtail answers for a private one before it comes here."""
        response = super().serve(request, *args, **kwargs)
        is_preview = getattr(request, "is_preview", False)
        return response if is_preview else open_page(response, parameters=["variant"])

    def get_context(self, request, *args, **kwargs):
        """``variant`` is the key of the one that the address chooses, or None."""
        context = super().get_context(request, *args, **kwargs)
        context["variant"] = chosen_variant(request)
        return context

    def get_view_restrictions(self):
        """Who may read the page; no query where no page is private."""
        if has_private_pages():
            return super().get_view_restrictions()
        return PageViewRestriction.objects.none()

    @property
    def summary(self):
        """What the page is about, in a sentence: the editor's words for it, or its introduction."""
        return self.search_description or getattr(self, "intro", "")

    @property
    def share_image(self):
        """The photograph that stands for the page: the first one in its body, or None."""
        return next(filter(None, map(first_image, getattr(self, "body", ()))), None)


#: Where front pages stand in Wagtail's tree: right below its root, which no site shows.
FRONT_DEPTH = 2


class CrumbsMixin:
    """Tells the page's template where the page stands below the home page.

    No query for a page right below it.
    """

    def get_context(self, request, *args, **kwargs):
        context = super().get_context(request, *args, **kwargs)
        between = []
        if self.depth and self.depth > FRONT_DEPTH + 1:
            above = self.get_ancestors().live().filter(depth__gt=FRONT_DEPTH)
            between = [(page.title, page.get_url(request)) for page in above]
        context["crumbs"] = [(_("Home"), "/"), *between, (self.title, None)]
        return context
