"""Sitemaps of pages and products. A product is left out where a landing page replaces its page."""

from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet
from wagtail.models import Page, Site

from commerce.catalogue.sitemaps import CategorySitemap, ProductSitemap, SiteSitemap
from home.models import LandingPage


class OwnPageSitemap(ProductSitemap):
    """Products with a product page. The URLs of the others redirect to a landing page."""

    def items(self) -> QuerySet[Any]:
        replaced = LandingPage.replacements().filter(product__isnull=False)
        return super().items().exclude(pk__in=replaced.values("product"))


class PageSitemap(SiteSitemap):
    """Live public pages of the default site."""

    def items(self) -> QuerySet[Page]:
        site = Site.objects.select_related("root_page").filter(is_default_site=True).first()
        if site is None:
            return Page.objects.none()
        pages = site.root_page.get_descendants(inclusive=True).live().public()
        return pages.order_by("path")

    def location(self, item: Page) -> str:
        return item.get_url_parts()[2]

    def lastmod(self, item: Page) -> datetime | None:
        return item.last_published_at or item.latest_revision_created_at

    def get_latest_lastmod(self) -> datetime | None:
        return self.items().aggregate(at=Max("last_published_at"))["at"]


#: The sitemap's files by name.
SITEMAPS = {"pages": PageSitemap, "categories": CategorySitemap, "products": OwnPageSitemap}


def replaced_addresses() -> dict[int, str | None]:
    """``{product_id: url}`` of the landing pages that replace a product page."""
    pages = LandingPage.replacements().filter(product__isnull=False)
    return {page.product_id: page.get_url() for page in pages.order_by("-pk")}
