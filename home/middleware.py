"""Redirects of moved URLs, resolved to a single hop."""

from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, unquote, urldefrag, urlsplit

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import Resolver404, resolve
from oscar.core.loading import get_model
from wagtail.contrib.redirects.middleware import RedirectMiddleware, get_redirect
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Site

from commerce.catalogue.collections import canonical_collection_url
from commerce.catalogue.redirects import RELATED, canonical_category_url, canonical_product_url
from commerce.models import ProductCollection
from commerce.requests import parse_pk
from commerce.urls import absolute, with_query
from home.models import LandingPage
from home.pages.landing_page import replaced_products
from home.sites import single_site

#: URL names of the shop and of Wagtail.
PRODUCT_VIEW, CATEGORY_VIEW, PAGE_VIEW = "catalogue:detail", "catalogue:category", "wagtail_serve"
COLLECTION_VIEW = "catalogue:collection"
#: Longest chain of redirects to resolve. Also ends redirect loops.
MAX_STEPS = 6


class PagesMiddleware(RedirectMiddleware):
    """Site lookup and redirects of editors' pages, in one middleware.

    - Sets the request's site from the process cache; Wagtail would query it, with its root page, for
      each request. A single site answers for every host; with several, Wagtail chooses.
    - Redirects a product page permanently to the landing page that replaces it, with its query
      string. The product view cannot do this, because ``commerce`` does not know pages. One query
      for products with such a page, none for others.
    - Looks up URLs that are not found among the redirects of moved pages and of editors. Keeps the
      query string, unless the redirect itself was made for a URL with one (``/item?id=7``).
    """

    async_capable = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        site = single_site()
        if site is not None:
            request._wagtail_site = site  # type: ignore[attr-defined]  # read by Site.find_for_request
        response = self.get_response(request)
        return response if response.status_code != 404 else self.process_response(request, response)

    def process_view(
        self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if request.method not in ("GET", "HEAD"):
            return None
        if request.resolver_match is None or request.resolver_match.view_name != PRODUCT_VIEW:
            return None
        url = landing_url(request, kwargs["pk"])
        if not url:
            return None
        return HttpResponsePermanentRedirect(with_query(url, request.META.get("QUERY_STRING", "")))

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        redirect = super().process_response(request, response)
        query = request.META.get("QUERY_STRING")
        if redirect is response or not query or "?" in redirect["Location"]:
            return redirect
        path = Redirect.normalise_path(request.get_full_path(), decode_unicode=False)
        if get_redirect(request, path) is None:
            redirect["Location"] = with_query(redirect["Location"], query)
        return redirect


def landing_url(request: HttpRequest, pk: str | int) -> str | None:
    """The URL of the landing page that replaces a product's page.

    ``pk`` comes from the URL; None for a number too large for the database.
    """
    key = parse_pk(str(pk))
    page = LandingPage.replacing(key) if key in replaced_products() else None
    return page.get_url(request) if page else None


class OneHopMiddleware:
    """Merges a chain of permanent redirects into one.

    A missing slash, an old slug, a retired product, a landing page and editors' redirects may follow
    each other. Must come before every middleware that redirects. Only does work for a 301.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 301 and request.method in ("GET", "HEAD"):
            response["Location"] = final_url(request, response["Location"])
        return response


def final_url(request: HttpRequest, address: str) -> str:
    """The URL at the end of the chain of redirects, with the fragment of the first."""
    address, fragment = urldefrag(address)
    seen = [address]
    while len(seen) <= MAX_STEPS and (target := next_url(request, seen[-1])):
        if target in seen:
            break
        seen.append(target)
    return f"{seen[-1]}#{fragment}" if fragment else seen[-1]


def next_url(request: HttpRequest, address: str) -> str | None:
    """The URL that a URL of this site redirects to; None if it does not redirect."""
    parts = urlsplit(address)
    if parts.netloc and address != absolute(with_query(parts.path, parts.query)):
        return None
    try:
        match = resolve(unquote(parts.path))
    except Resolver404:
        return _editors_redirect(request, parts)
    if match.view_name == PRODUCT_VIEW:
        target = _product_redirect(request, match.kwargs["pk"], parts.query)
    elif match.view_name == CATEGORY_VIEW:
        category = get_model("catalogue", "Category").objects.browsable()
        category = category.filter(pk=match.kwargs["pk"]).first()
        target = canonical_category_url(category, parts.query) if category else None
    elif match.view_name == COLLECTION_VIEW:
        found = ProductCollection.objects.filter(pk=parse_pk(match.kwargs["pk"]) or 0).first()
        target = canonical_collection_url(found, parts.query) if found else None
    elif match.view_name == PAGE_VIEW and not _is_page(request, parts.path):
        target = _editors_redirect(request, parts)
    else:
        target = None
    return target


def _product_redirect(request: HttpRequest, pk: str | int, query: str) -> str | None:
    url = landing_url(request, pk)
    if url:
        return with_query(url, query)
    product = get_model("catalogue", "Product").objects.select_related(*RELATED)
    product = product.filter(pk=pk).first()
    return canonical_product_url(product, query) if product else None


def _is_page(request: HttpRequest, path: str) -> bool:
    site = Site.find_for_request(request)
    try:
        return bool(site and site.root_page.specific.route(request, path.strip("/").split("/")))
    except Http404:
        return False


def _editors_redirect(request: HttpRequest, parts: SplitResult) -> str | None:
    row = get_redirect(request, Redirect.normalise_path(parts.path, decode_unicode=False))
    if row is None or not row.is_permanent or row.link is None:
        return None
    return with_query(row.link, "" if "?" in row.link else parts.query)
