"""The list of searches without a result: which find something by now, and the way to a synonym."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import CreateView

from commerce.catalogue.collection_search import search_collections
from commerce.models import SearchSynonym
from commerce.search.queries import count_results

MAX_WORDS = SearchSynonym._meta.get_field("words").max_length


class FoundNowColumn(Column):
    """What the search finds by now: a synonym was added, or a piece came. One query for a page of rows."""

    def get_cell_context_data(self, instance, parent_context):
        table = parent_context["table"]
        if not hasattr(table, "found_now"):
            table.found_now = count_results([row.words for row in table.data])
        context = super().get_cell_context_data(instance, parent_context)
        count = table.found_now[instance.words]
        context["value"] = _("Nothing")
        if count:
            text = ngettext("Solved: finds %d piece", "Solved: finds %d pieces", count)
            context["value"] = text % count
        elif search_collections(instance.words, count=1):
            context["value"] = _("Solved: finds a collection")
        return context


class AddSynonymColumn(Column):
    """Opens the form of a synonym with the words filled in, for those who may add one."""

    cell_template_name = "home/search_misses/add_synonym.html"

    def get_cell_context_data(self, instance, parent_context):
        context = super().get_cell_context_data(instance, parent_context)
        request = parent_context["request"]
        url = reverse(SearchSynonym.snippet_viewset.get_url_name("add"))
        may_add = request.user.has_perm("commerce.add_searchsynonym")
        context["url"] = f"{url}?{urlencode({'words': instance.words})}" if may_add else ""
        context["words"] = instance.words
        return context


class SynonymAddView(CreateView):
    """Begins with the words of ``?words=``: those that were searched for in vain."""

    def get_initial(self):
        words = " ".join(self.request.GET.get("words", "").replace("\x00", "").split())
        # The comma is where the other word goes; alone it makes no second one.
        begun = {"words": f"{words[: MAX_WORDS - 2]}, "} if words else {}
        return {**super().get_initial(), **begun}
