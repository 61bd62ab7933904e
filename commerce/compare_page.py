"""The page that compares products. Its state is its address: no cookie, no session."""

from django.http import HttpResponseRedirect
from django.views.generic import TemplateView

from commerce.compare import (
    MAX_COMPARED,
    compare,
    compare_url,
    families_of,
    products_to_add,
)
from commerce.requests import keys_in, moment_of


class CompareView(TemplateView):
    """``/compare/?ids=1,2,3``. ``add`` puts one more beside them; a fifth is refused in words.
    ``only=differences`` leaves out the rows in which all are alike.

    What was added is led to its own address, so that it can be shared.
    """

    template_name = "oscar/catalogue/compare.html"

    def get(self, request, *args, **kwargs):
        asked = keys_in(request.GET.getlist("ids"), limit=2 * MAX_COMPARED)
        asked += keys_in(request.GET.getlist("add"), limit=1)
        keys = families_of(asked)
        comparison = compare(keys, at=moment_of(request))
        if "add" in request.GET and not comparison.is_too_many:
            return HttpResponseRedirect(compare_url(keys))
        return self.render_to_response(self.get_context_data(comparison=comparison))

    def get_context_data(self, *, comparison, **kwargs):
        is_full = len(comparison.columns) == MAX_COMPARED
        return super().get_context_data(
            comparison=comparison,
            offered=[] if is_full else products_to_add(comparison.keys),
            ids=",".join(str(key) for key in comparison.keys),
            limit=MAX_COMPARED,
            only_differences=self.request.GET.get("only") == "differences",
            all_rows_url=compare_url(comparison.keys),
            **kwargs,
        )

    def render_to_response(self, context, **kwargs):
        response = super().render_to_response(context, **kwargs)
        response["X-Robots-Tag"] = "noindex"
        return response
