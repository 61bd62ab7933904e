"""Wagtail's screens for search synonyms, promoted results and searches without a result."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import (
    FieldPanel,
)

from commerce.models import (
    PromotedResult,
    SearchMiss,
    SearchSynonym,
)
from home.reports.search_misses import AddSynonymColumn, FoundNowColumn, SynonymAddView
from home.snippets.base_viewsets import NoChooserViewSet


class SearchSynonymViewSet(NoChooserViewSet):
    """Words that find the same products."""

    model = SearchSynonym
    add_view_class = SynonymAddView
    icon = "search"
    list_display = ["words"]
    search_fields = ["words"]
    panels = [FieldPanel("words")]


class SearchMissViewSet(NoChooserViewSet):
    """Searches without a result. Read-only."""

    model = SearchMiss
    icon = "warning"
    list_display = [
        "words",
        "count",
        "last_at",
        FoundNowColumn("found_now", label=_("Finds now"), accessor="words"),
        AddSynonymColumn("add_synonym", label="", accessor="words"),
    ]
    search_fields = ["words"]
    add_to_reference_index = False


class PromotedResultViewSet(NoChooserViewSet):
    """Products promoted to the top of a search."""

    model = PromotedResult
    icon = "pick"
    list_display = ["query", "product", "position"]
    search_fields = ["query", "product__title"]
    panels = [FieldPanel("query"), FieldPanel("product"), FieldPanel("position")]
    add_to_reference_index = False
