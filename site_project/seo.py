"""Views for crawlers and browsers: robots.txt, sitemap, product feed, icons and manifest."""

from typing import Any, cast

from django.contrib.sitemaps import views as sitemap_views
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from commerce.catalogue.feed import feed_parts
from commerce.catalogue.product_lists import parameter_of
from commerce.models import FacetAttribute
from commerce.shop_settings.current import current_shop
from commerce.storefront.shop_icon import icon_file
from commerce.urls import absolute, with_query
from home.sitemaps import SITEMAPS, replaced_addresses

DAY = 24 * 60 * 60
XML = "application/xml; charset=utf-8"
#: Personal pages, staff pages, and lists that show the same products in endless combinations.
CLOSED_PATHS = (
    "/basket/",
    "/checkout/",
    "/accounts/",
    "/wishlists/",
    "/admin/",
    "/dashboard/",
    "/demo-gateway/",
    "/webhooks/",
    "/search/",
)
#: Allowed although everything below them is not: the basket and the search page.
OPEN_PATHS = ("/basket/", "/search/")
CLOSED_PARAMETERS = ("price", "stock", "sale", "rating", "sort", "exact", "stars", "sort_by")


@require_safe
@cache_control(public=True, max_age=DAY)
def robots(request: HttpRequest) -> HttpResponse:
    """Paths that crawlers should skip, and the sitemap's URL."""
    lines = ["User-agent: *", *(f"Allow: {path}$" for path in OPEN_PATHS)]
    lines += [f"Disallow: {path}" for path in CLOSED_PATHS]
    attributes = FacetAttribute.objects.values_list("attribute__code", flat=True)
    for name in (*map(parameter_of, attributes), *CLOSED_PARAMETERS):
        lines += [f"Disallow: /*?{name}=", f"Disallow: /*&{name}="]
    lines += ["", f"Sitemap: {absolute(reverse('sitemap'))}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """The sitemap's files, each with the time of its last change."""
    entries: list[sitemap_views.SitemapIndexItem] = []
    for section, kind in SITEMAPS.items():
        sitemap, url = kind(), absolute(reverse("sitemap-section", args=[section]))
        changed = sitemap.get_latest_lastmod()
        for number in sitemap.paginator.page_range:
            location = with_query(url, f"p={number}" if number > 1 else "")
            entries.append(sitemap_views.SitemapIndexItem(location, cast(Any, changed)))
    return TemplateResponse(request, "sitemap_index.xml", {"sitemaps": entries}, content_type=XML)


@require_safe
def sitemap_section(request: HttpRequest, section: str) -> HttpResponse:
    """One file of the sitemap; ``?p=`` is its page. Raises Http404 for an unknown one."""
    return sitemap_views.sitemap(request, dict(SITEMAPS), section=section, content_type=XML)


@require_safe
def product_feed(request: HttpRequest) -> StreamingHttpResponse:
    """The product feed, streamed."""
    parts = feed_parts(pages=replaced_addresses())
    return StreamingHttpResponse(parts, content_type=XML)


@require_safe
@cache_control(public=True, max_age=DAY)
def icon(request: HttpRequest, size: int, kind: str) -> HttpResponse:
    """The shop's icon at the URL where browsers and phones request it by default."""
    content_type, content = icon_file(size, kind)
    return HttpResponse(content, content_type=content_type)


@require_safe
@cache_control(public=True, max_age=DAY)
def manifest(request: HttpRequest) -> JsonResponse:
    """The web app manifest, for the home screen of phones."""
    icons = [
        {"src": f"/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    content = {
        "name": current_shop().name,
        "short_name": current_shop().name,
        "start_url": "/",
        "display": "browser",
        "background_color": current_shop().light.paper,
        "theme_color": current_shop().light.paper,
        "icons": icons,
    }
    return JsonResponse(content, content_type="application/manifest+json")
