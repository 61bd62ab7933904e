"""Searches without a result: what they find now, and a shortcut to add a synonym."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import CreateView

from commerce.catalogue.collection_search import search_collections
from commerce.models import SearchMiss, SearchSynonym
from commerce.search.queries import count_results

MAX_LENGTH: int = SearchSynonym._meta.get_field("words").max_length or 0


class FoundNowColumn(Column):
    """What the search finds now, after a new synonym or product. One query per page of rows."""

    def get_cell_context_data(
        self, instance: SearchMiss, parent_context: dict[str, Any]
    ) -> dict[str, Any]:
        table = parent_context["table"]
        if not hasattr(table, "found_now"):
            table.found_now = count_results([row.words for row in table.data])
        context = super().get_cell_context_data(instance, parent_context)
        count = table.found_now[instance.words]
        context["value"] = _("Nothing")
        if count:
            text = ngettext("Solved: finds %d product", "Solved: finds %d products", count)
            context["value"] = text % count
        elif search_collections(instance.words, count=1):
            context["value"] = _("Solved: finds a collection")
        return context


class AddSynonymColumn(Column):
    """A link to a synonym form with the words filled in, for users who may add one."""

    cell_template_name = "home/search_misses/add_synonym.html"

    def get_cell_context_data(
        self, instance: SearchMiss, parent_context: dict[str, Any]
    ) -> dict[str, Any]:
        context = super().get_cell_context_data(instance, parent_context)
        request = parent_context["request"]
        url = reverse("wagtailsnippets_commerce_searchsynonym:add")
        may_add = request.user.has_perm("commerce.add_searchsynonym")
        context["url"] = f"{url}?{urlencode({'words': instance.words})}" if may_add else ""
        context["words"] = instance.words
        return context


class SynonymAddView(CreateView):
    """Prefills the form with ``?words=``, the words of the search without a result."""

    def get_initial(self) -> dict[str, Any]:
        words = " ".join(self.request.GET.get("words", "").replace("\x00", "").split())
        # The editor adds the synonym after the comma.
        prefilled = {"words": f"{words[: MAX_LENGTH - 2]}, "} if words else {}
        return {**super().get_initial(), **prefilled}
