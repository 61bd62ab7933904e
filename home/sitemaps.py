"""The editors' part of the sitemap: live public pages, and products without those that a landing
page replaces."""

from django.db.models import Max
from wagtail.models import Page, Site

from commerce.catalogue.sitemaps import CategorySitemap, ProductSitemap, SiteSitemap
from home.models import LandingPage


class OwnPageSitemap(ProductSitemap):
    """Products that have a page of their own: the address of any other is a redirect."""

    def items(self):
        replaced = LandingPage.replacements().filter(product__isnull=False)
        return super().items().exclude(pk__in=replaced.values("product"))


class PageSitemap(SiteSitemap):
    """Pages that everybody can open; drafts and private pages are left out."""

    def items(self):
        site = Site.objects.select_related("root_page").filter(is_default_site=True).first()
        if site is None:
            return Page.objects.none()
        pages = site.root_page.get_descendants(inclusive=True).live().public()
        return pages.order_by("path")

    def location(self, item):
        return item.get_url_parts()[2]

    def lastmod(self, item):
        return item.last_published_at or item.latest_revision_created_at

    def get_latest_lastmod(self):
        return self.items().aggregate(at=Max("last_published_at"))["at"]


#: The files that the sitemap is made of.
SITEMAPS = {"pages": PageSitemap, "categories": CategorySitemap, "products": OwnPageSitemap}


def replaced_addresses():
    """Where the products are shown that a landing page replaces, ``{product_id: url}``."""
    pages = LandingPage.replacements().filter(product__isnull=False)
    return {page.product_id: page.get_url() for page in pages.order_by("-pk")}
