"""Addresses that have moved: every old one leads to the page of today, in one hop."""

from urllib.parse import unquote, urldefrag, urlsplit

from django.http import Http404, HttpResponsePermanentRedirect
from django.urls import Resolver404, resolve
from oscar.core.loading import get_model
from wagtail.contrib.redirects.middleware import RedirectMiddleware, get_redirect
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Site

from commerce.catalogue.collections import address_of_collection
from commerce.catalogue.redirects import RELATED, address_of_category, address_of_product
from commerce.models import ProductCollection
from commerce.requests import key_in
from commerce.urls import absolute, with_query
from home.models import LandingPage
from home.pages.landing_page import replaced_products
from home.sites import single_site

#: Names in the URLs of the shop and of Wagtail.
PRODUCT_VIEW, CATEGORY_VIEW, PAGE_VIEW = "catalogue:detail", "catalogue:category", "wagtail_serve"
COLLECTION_VIEW = "catalogue:collection"
#: More steps than a chain of redirects that somebody meant; a circle ends here too.
MAX_STEPS = 6


class PagesMiddleware(RedirectMiddleware):
    """What editors' pages need of each request, in one layer.

    - Wagtail gets the request's site, which it would look up, with its root page, for each request. A
      shop has one site as a rule, which then answers for every host; Wagtail chooses between several.
    - A product's address is answered with a 301 to the landing page that replaces it. The shop's own
      view cannot: the floor it stands on knows no pages. One query for products that have such a page,
      none for others. ``?variant=`` and other parameters go along.
    - What is not found is looked for among Wagtail's redirects of moved pages and of editors, and the
      query string is kept; not where the redirect itself is for an address with one (``/item?id=7``).
    """

    async_capable = False

    def __call__(self, request):
        site = single_site()
        if site is not None:
            request._wagtail_site = site  # Where Site.find_for_request() remembers it.
        response = self.get_response(request)
        return response if response.status_code != 404 else self.process_response(request, response)

    def process_view(self, request, view, args, kwargs):
        if request.method not in ("GET", "HEAD"):
            return None
        if request.resolver_match.view_name != PRODUCT_VIEW:
            return None
        url = landing_url(request, kwargs["pk"])
        if not url:
            return None
        return HttpResponsePermanentRedirect(with_query(url, request.META.get("QUERY_STRING")))

    def process_response(self, request, response):
        answer = super().process_response(request, response)
        query = request.META.get("QUERY_STRING")
        if answer is response or not query or "?" in answer["Location"]:
            return answer
        path = Redirect.normalise_path(request.get_full_path(), decode_unicode=False)
        if get_redirect(request, path) is None:
            answer["Location"] = with_query(answer["Location"], query)
        return answer


def landing_url(request, pk):
    """The address of the landing page that replaces a product's own, or None.

    ``pk`` is as the address has it: more digits than a database can hold are nobody's key.
    """
    key = key_in(pk)
    page = LandingPage.replacing(key) if key in replaced_products() else None
    return page.get_url(request) if page else None


class OneHopMiddleware:
    """Makes one permanent redirect of several: a missing slash, an old slug, a retired product, a
    landing page and editors' redirects may all lie on the way.

    Stands outside of everything that redirects. Costs nothing but on a 301.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code == 301 and request.method in ("GET", "HEAD"):
            response["Location"] = final_address(request, response["Location"])
        return response


def final_address(request, address):
    """Where a visitor who follows the redirect ends after all others, at the same fragment."""
    address, fragment = urldefrag(address)
    seen = [address]
    while len(seen) <= MAX_STEPS and (further := next_address(request, seen[-1])):
        if further in seen:
            break
        seen.append(further)
    return f"{seen[-1]}#{fragment}" if fragment else seen[-1]


def next_address(request, address):
    """Where an address of this site redirects to, or None where it does not."""
    parts = urlsplit(address)
    if parts.netloc and address != absolute(with_query(parts.path, parts.query)):
        return None
    try:
        match = resolve(unquote(parts.path))
    except Resolver404:
        return _redirect_of(request, parts)
    if match.view_name == PRODUCT_VIEW:
        further = _address_of_piece(request, match.kwargs["pk"], parts.query)
    elif match.view_name == CATEGORY_VIEW:
        category = get_model("catalogue", "Category").objects.browsable()
        category = category.filter(pk=match.kwargs["pk"]).first()
        further = address_of_category(category, parts.query) if category else None
    elif match.view_name == COLLECTION_VIEW:
        found = ProductCollection.objects.filter(pk=key_in(match.kwargs["pk"])).first()
        further = address_of_collection(found, parts.query) if found else None
    elif match.view_name == PAGE_VIEW and not _is_page(request, parts.path):
        further = _redirect_of(request, parts)
    else:
        further = None
    return further


def _address_of_piece(request, pk, query):
    url = landing_url(request, pk)
    if url:
        return with_query(url, query)
    product = get_model("catalogue", "Product").objects.select_related(*RELATED)
    product = product.filter(pk=pk).first()
    return address_of_product(product, query) if product else None


def _is_page(request, path):
    site = Site.find_for_request(request)
    try:
        return bool(site and site.root_page.specific.route(request, path.strip("/").split("/")))
    except Http404:
        return False


def _redirect_of(request, parts):
    row = get_redirect(request, Redirect.normalise_path(parts.path, decode_unicode=False))
    if row is None or not row.is_permanent or row.link is None:
        return None
    return with_query(row.link, "" if "?" in row.link else parts.query)
