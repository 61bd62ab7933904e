"""The shop's sitemaps: products with photos, categories and collections.

A constant number of queries per file. The sitemaps of pages are in ``home.sitemaps``.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.core.files.storage import default_storage
from django.db.models import F, FilteredRelation, Max, Q, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.catalogue.collections import collection_url
from commerce.catalogue.redirects import category_url
from commerce.index.listings import product_url, sellable_products
from commerce.models import ProductCollection, ProductPhoto
from commerce.urls import absolute

#: A JPEG of a photo, by orientation (commerce.images.photos); smaller photos are named as they are.
SHOWN_SPECS = ("format-jpeg|width-960", "format-jpeg|width-1280")


class SiteSitemap(Sitemap):
    """A sitemap with URLs under ``SITE_URL``, whatever host was requested."""

    limit = 5000

    def get_domain(self, site: Any = None) -> str:
        return urlsplit(settings.SITE_URL).netloc

    def get_protocol(self, protocol: str | None = None) -> str:
        return urlsplit(settings.SITE_URL).scheme


class ProductSitemap(SiteSitemap):
    """Products on sale; two queries and a count per file."""

    def items(self) -> QuerySet[Any]:
        rows = sellable_products().annotate(variant_updated=Max("children__date_updated"))
        rows = rows.order_by("pk")
        return rows.values_list("pk", "slug", "date_updated", "variant_updated", named=True)

    def location(self, item: Any) -> str:
        return product_url(item.pk, item.slug)

    def lastmod(self, item: Any) -> datetime:
        return max(filter(None, (item.date_updated, item.variant_updated)))

    def get_latest_lastmod(self) -> datetime | None:
        return get_model("catalogue", "Product").objects.aggregate(at=Max("date_updated"))["at"]

    def _urls(self, page: Any, protocol: Any, domain: Any) -> list[dict[str, Any]]:
        entries = super()._urls(page, protocol, domain)  # type: ignore[misc]
        if entries:
            photos = photos_between(entries[0]["item"].pk, entries[-1]["item"].pk)
            for entry in entries:
                entry["images"] = photos[entry["item"].pk]
        return entries


def photos_between(first: int, last: int) -> dict[int, list[str]]:
    """URLs of the photos of products, including variants, with keys in a range.

    One query without a list of keys: five thousand are too many for some databases.
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
    photos: dict[int, dict[str, None]] = defaultdict(dict)
    for family, name in rows:
        photos[family][absolute(default_storage.url(name))] = None
    return defaultdict(list, {family: list(urls) for family, urls in photos.items()})


class ListEntry(NamedTuple):
    """A list of products: its URL and when it last changed."""

    url: str
    changed: datetime | None


class CategorySitemap(SiteSitemap):
    """The list of all products, every public category and every collection; three queries."""

    def items(self) -> list[ListEntry]:
        latest = ProductSitemap().get_latest_lastmod()
        everything = ListEntry(reverse("catalogue:index"), latest)
        # A collection may contain any product.
        collections = ProductCollection.objects.filter(is_public=True).order_by("pk")
        listed = [ListEntry(collection_url(row), latest) for row in collections]
        return [everything, *public_categories(), *listed]

    def location(self, item: ListEntry) -> str:
        return item.url

    def lastmod(self, item: ListEntry) -> datetime | None:
        return item.changed

    def get_latest_lastmod(self) -> datetime | None:
        return ProductSitemap().get_latest_lastmod()


def public_categories() -> list[ListEntry]:
    """A ``ListEntry`` for each public category; one query.

    URLs are built from the slugs while walking down the tree.
    """
    Category = get_model("catalogue", "Category")
    rows = Category.objects.annotate(changed=Max("product__date_updated")).order_by("path")
    rows = list(rows.only("path", "depth", "slug", "is_public", "ancestors_are_public"))
    changed = _last_changes(rows)
    above: list[str] = []
    entries = []
    for row in rows:
        above[row.depth - 1 :] = [row.slug]
        # The root for all products has the catalogue's URL, which is listed separately.
        if row.is_browsable and not Category.is_whole_shop(row):
            entries.append(ListEntry(category_url(row.pk, above), changed.get(row.path)))
    return entries


def _last_changes(rows: Iterable[Any]) -> dict[str, datetime]:
    """When a category or its descendants last changed, by path."""
    changed: dict[str, datetime] = {}
    for row in rows:
        for depth in range(1, row.depth + 1) if row.changed else ():
            path = row.path[: depth * row.steplen]
            changed[path] = max(changed.get(path, row.changed), row.changed)
    return changed
