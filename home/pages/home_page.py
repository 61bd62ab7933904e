"""The home page."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index
from wagtail.url_routing import RouteResult

from home.blocks.body import BodyBlock
from home.pages.base import SharedPage


class HomePage(SharedPage):
    """The home page, at the site's root URL."""

    body = StreamField(BodyBlock(), blank=True, verbose_name=_("body"))

    content_panels = [*Page.content_panels, FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("body")]
    parent_page_types = ["wagtailcore.Page"]
    max_count = 1

    class Meta:
        verbose_name = _("home page")

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """Find a page at any depth with two queries; Wagtail needs two per level.

        Falls back to Wagtail's routing, which raises Http404 for an unknown path.
        """
        if path_components:
            url_path = f"{self.url_path}{'/'.join(path_components)}/"
            rows = Page.objects.filter(slug=path_components[-1], url_path=url_path).order_by()
            for page in rows.only("content_type")[:1]:
                # With all columns of the specific page, so that none of this row's is missing.
                return page.specific.route(request, [])
        return super().route(request, path_components)
