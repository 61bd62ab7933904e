"""The page that compares products. Its state is its URL; it uses no session.

Lists are the same for everyone, so their links know only one product. For browsers without scripts,
a cookie set by such a link remembers the other products.
"""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from commerce.catalogue.compare import (
    MAX_COMPARED,
    compare,
    compare_url,
    families_of,
    products_to_add,
)
from commerce.requests import (
    cookie_name,
    delete_cookie,
    parse_pks,
    read_cookie,
    set_cookie,
)

#: The keys compared last, until the browser is closed.
COOKIE = "compared"


class CompareView(TemplateView):
    """``/compare/?ids=1,2,3``.

    ``add`` adds a product to these, or without ``ids`` to those compared last; a fifth is refused.
    ``only=differences`` leaves out rows in which all products are alike.

    Adding redirects to the comparison's own URL, so that it can be shared.
    """

    template_name = "oscar/catalogue/compare.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        is_from_list = "add" in request.GET and "ids" not in request.GET
        beside = (
            [read_cookie(request, COOKIE).replace(".", ",")]
            if is_from_list
            else request.GET.getlist("ids")
        )
        asked = parse_pks(beside, limit=2 * MAX_COMPARED)
        asked += parse_pks(request.GET.getlist("add"), limit=1)
        keys = families_of(asked)
        comparison = compare(keys)
        if "add" in request.GET and not comparison.is_too_many:
            response: HttpResponse = HttpResponseRedirect(compare_url(keys))
        else:
            response = self.render_to_response(self.get_context_data(comparison=comparison))
        if is_from_list or cookie_name(COOKIE) in request.COOKIES:
            remember(response, comparison.keys)
        return response

    def get_context_data(self, *, comparison: Any, **kwargs: Any) -> dict[str, Any]:
        is_full = len(comparison.columns) == MAX_COMPARED
        return super().get_context_data(
            comparison=comparison,
            crumbs=[(_("Home"), "/"), (_("Side by side"), None)],
            offered=[] if is_full else products_to_add(comparison.keys),
            ids=",".join(str(key) for key in comparison.keys),
            limit=MAX_COMPARED,
            only_differences=self.request.GET.get("only") == "differences",
            all_rows_url=compare_url(comparison.keys),
            **kwargs,
        )

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response = super().render_to_response(context, **kwargs)
        response["X-Robots-Tag"] = "noindex"
        return response


def remember(response: HttpResponse, keys: Sequence[int]) -> None:
    """Store the compared products in the browser; delete the cookie if there are none."""
    if not keys:
        delete_cookie(response, COOKIE)
        return
    set_cookie(response, COOKIE, ".".join(map(str, keys)))
