"""The page that compares products. Its state is its address, and there is no session.

Lists are the same for everybody, so that a link there knows one item only: for browsers without
scripts a cookie says what it goes beside. It is set by such a link and by nothing else.
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
    moment_of,
    parse_pks,
    read_cookie,
    set_cookie,
)

#: Keys of what was compared last, until the browser is closed.
COOKIE = "compared"


class CompareView(TemplateView):
    """``/compare/?ids=1,2,3``. ``add`` puts one more beside them, or without ``ids`` beside what was
    compared last; a fifth is refused in words. ``only=differences`` leaves out the rows in which all
    are alike.

    What was added is led to its own address, so that it can be shared.
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
        comparison = compare(keys, at=moment_of(request))
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
    """Have the browser remember what was compared, nothing where that is nothing."""
    if not keys:
        delete_cookie(response, COOKIE)
        return
    set_cookie(response, COOKIE, ".".join(map(str, keys)))
