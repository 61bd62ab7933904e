"""The shop's part of the sitemap: products with their photographs, categories, collections.

A constant number of queries for each file. The editors' part stands in ``home.sitemaps``.
"""

from collections import defaultdict
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.core.files.storage import default_storage
from django.db.models import F, FilteredRelation, Max, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.catalogue.collections import collection_url
from commerce.catalogue.redirects import category_url
from commerce.index.listings import product_url, sellable_products
from commerce.models import ProductCollection, ProductPhoto
from commerce.urls import absolute

#: The largest JPEG of a photograph that pages show, by its shape (commerce.images.photos).
SHOWN_SPECS = ("format-jpeg|width-960", "format-jpeg|width-1280")


class SiteSitemap(Sitemap):
    """A file of addresses under ``SITE_URL``, whatever host it was asked from."""

    limit = 5000

    def get_domain(self, site=None):
        return urlsplit(settings.SITE_URL).netloc

    def get_protocol(self, protocol=None):
        return urlsplit(settings.SITE_URL).scheme


class ProductSitemap(SiteSitemap):
    """Products on sale; two queries and the count for a file."""

    def items(self):
        rows = sellable_products().annotate(variant_updated=Max("children__date_updated"))
        rows = rows.order_by("pk")
        return rows.values_list("pk", "slug", "date_updated", "variant_updated", named=True)

    def location(self, item):
        return product_url(item.pk, item.slug)

    def lastmod(self, item):
        return max(filter(None, (item.date_updated, item.variant_updated)))

    def get_latest_lastmod(self):
        return get_model("catalogue", "Product").objects.aggregate(at=Max("date_updated"))["at"]

    def _urls(self, page, protocol, domain):
        entries = super()._urls(page, protocol, domain)
        if entries:
            photos = photos_between(entries[0]["item"].pk, entries[-1]["item"].pk)
            for entry in entries:
                entry["images"] = photos[entry["item"].pk]
        return entries


def photos_between(first, last):
    """Addresses of the photographs of the products (and their variants) with keys in a range.

    One query without a list of keys: five thousand would be too many for a database.
    """
    rows = (
        ProductPhoto.objects.annotate(
            family=Coalesce("product_image__product__parent", "product_image__product"),
            shown=FilteredRelation(
                "image__renditions", condition=Q(image__renditions__filter_spec__in=SHOWN_SPECS)
            ),
        )
        .filter(family__gte=first, family__lte=last)
        .order_by("product_image__product__parent_id", "product_image__display_order", "pk")
        .values_list("family", Coalesce(F("shown__file"), F("image__file")))
    )
    photos = defaultdict(dict)
    for family, name in rows:
        photos[family][absolute(default_storage.url(name))] = None
    return defaultdict(list, {family: list(urls) for family, urls in photos.items()})


class ListEntry(NamedTuple):
    """A list of products: its address, and when something in it changed."""

    url: str
    changed: object


class CategorySitemap(SiteSitemap):
    """All pieces, every public category and every collection; three queries."""

    def items(self):
        latest = ProductSitemap().get_latest_lastmod()
        everything = ListEntry(reverse("catalogue:index"), latest)
        # A collection may hold any piece.
        collections = ProductCollection.objects.filter(is_public=True).order_by("pk")
        listed = [ListEntry(collection_url(row), latest) for row in collections]
        return [everything, *public_categories(), *listed]

    def location(self, item):
        return item.url

    def lastmod(self, item):
        return item.changed

    def get_latest_lastmod(self):
        return ProductSitemap().get_latest_lastmod()


def public_categories():
    """A ``ListEntry`` for each category a shopper can open; one query.

    Their addresses are put together on the way down the tree.
    """
    Category = get_model("catalogue", "Category")
    rows = Category.objects.annotate(changed=Max("product__date_updated")).order_by("path")
    rows = list(rows.only("path", "depth", "slug", "is_public", "ancestors_are_public"))
    changed, above, entries = _last_changes(rows), [], []
    for row in rows:
        above[row.depth - 1 :] = [row.slug]
        # The whole shop is the page of all pieces, which stands in the sitemap anyway.
        if row.is_public and row.ancestors_are_public and not Category.is_whole_shop(row):
            entries.append(ListEntry(category_url(row.pk, above), changed.get(row.path)))
    return entries


def _last_changes(rows):
    """When something in a category or below it changed, by its path; a path begins with those of
    the categories above it."""
    changed = {}
    for row in rows:
        for depth in range(1, row.depth + 1) if row.changed else ():
            path = row.path[: depth * row.steplen]
            changed[path] = max(changed.get(path, row.changed), row.changed)
    return changed
