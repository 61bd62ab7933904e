"""robots.txt, sitemap, product feed, icons and manifest."""

from datetime import timedelta
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from oscar.core.loading import get_model
from wagtail.models import PageViewRestriction

from commerce.catalogue import sitemaps
from commerce.images.photos import make_image, render_ahead
from commerce.index.listings import product_url
from commerce.models import FacetAttribute, ProductPhoto, Retirement
from home.models import LandingPage
from tests.commerce.test_photos import picture
from tests.factories import make_product, put_category

pytestmark = pytest.mark.django_db
HOST = "http://testserver"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
IMAGE = "{http://www.google.com/schemas/sitemap-image/1.1}"


def locations(client, path, *, tag=f"{MAP}loc"):
    response = client.get(path)
    assert response.status_code == 200, path
    root = ElementTree.fromstring(response.content)  # noqa: S314  our own
    return [node.text for node in root.iter(tag)]


@pytest.fixture
def landing(site_root):
    """A function that creates a page below the home page."""

    def make(title, **fields):
        return site_root.add_child(instance=LandingPage(title=title, **fields))

    return make


def test_index_lists_the_files_and_each_responds(client, site_root, vase):
    files = locations(client, "/sitemap.xml")

    assert files == [f"{HOST}/sitemap-{name}.xml" for name in ("pages", "categories", "products")]
    assert all(locations(client, file.removeprefix(HOST)) for file in files)


def test_products_without_their_own_page_are_left_out(client, landing, vase, mug):
    hidden, retired, replaced = (make_product(name, price="9.00") for name in ("A", "B", "C"))
    hidden.is_public = False
    hidden.save()
    Retirement.objects.create(product=retired)
    landing("The bowl", product=replaced, product_role=LandingPage.Role.REPLACES)

    found = locations(client, "/sitemap-products.xml")

    assert set(found) == {HOST + product_url(p.pk, p.slug) for p in (vase, mug)}


def test_products_have_their_photographs_and_variants(client, site_root, mug):
    child = mug.children.first()
    for product, colour in ((mug, "tan"), (child, "teal")):
        image = make_image(picture(colour, size=(900, 900)), filename=f"{colour}.jpg", title=colour)
        ProductPhoto.objects.create(
            product_image=product.images.create(original=""), image=image
        )  # fmt: skip
    render_ahead([image])

    found = locations(client, "/sitemap-products.xml", tag=f"{IMAGE}loc")

    assert len(found) == 2
    assert "/original_images/tan" in found[0]
    assert found[1].endswith("width-960.jpg")
    assert all(url.startswith(f"{HOST}/media/") for url in found)


def test_last_change_includes_variants(client, site_root, mug):
    Product = get_model("catalogue", "Product")
    moment = timezone.now() - timedelta(days=9)
    Product.objects.update(date_updated=moment)
    Product.objects.filter(pk=mug.children.first().pk).update(
        date_updated=moment + timedelta(days=5)
    )

    (found,) = locations(client, "/sitemap-products.xml", tag=f"{MAP}lastmod")

    assert found[:10] == timezone.localdate(moment + timedelta(days=5)).isoformat()


def test_categories_are_public_with_their_current_url(client, site_root, vase):
    Category = get_model("catalogue", "Category")
    home = Category.add_root(name="Home")
    deep = home.add_child(name="Vases").add_child(name="Moon")
    secret = Category.add_root(name="Secret", is_public=False)
    secret.add_child(name="Below")
    vase.productcategory_set.create(category=deep)

    found = locations(client, "/sitemap-categories.xml")
    changes = locations(client, "/sitemap-categories.xml", tag=f"{MAP}lastmod")

    assert f"{HOST}/catalogue/category/home/vases/moon_{deep.pk}/" in found
    assert not [url for url in found if "secret" in url]
    assert len(found) == len(changes) == 4
    assert all(client.get(url.removeprefix(HOST)).status_code == 200 for url in found)


def test_sitemap_contains_the_whole_shop_once(client, shop):
    whole = get_model("catalogue", "Category").add_root(name="Shop", slug="shop")
    whole.add_child(name="Vases")

    found = locations(client, "/sitemap-categories.xml")

    assert found[0] == f"{HOST}/catalogue/"
    assert [url.rpartition("_")[0] for url in found[1:]] == [
        f"{HOST}/catalogue/category/shop/vases"
    ]


def test_pages_are_live_and_public(client, landing):
    landing("Sale")
    landing("Draft", live=False)
    private = landing("Private")
    PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.LOGIN)

    assert locations(client, "/sitemap-pages.xml") == [f"{HOST}/", f"{HOST}/sale/"]


@pytest.mark.parametrize("section", ["pages", "categories", "products"])
def test_more_rows_need_no_more_queries(client, landing, shop, section):
    def grow(count):
        for n in range(count):
            landing(f"Page {timezone.now().timestamp()}")
            put_category(make_product(f"Mug {n}", price="1.00"), f"Kind {n}")

    def queries():
        with CaptureQueriesContext(connection) as captured:
            locations(client, f"/sitemap-{section}.xml")
        return len(captured)

    grow(2)
    queries()
    few = queries()
    grow(8)

    assert queries() == few <= 9


def test_long_sitemap_is_paginated(client, site_root, shop, monkeypatch):
    monkeypatch.setattr(sitemaps.SiteSitemap, "limit", 2)
    for n in range(5):
        make_product(f"Mug {n}", price="1.00")

    files = [url for url in locations(client, "/sitemap.xml") if "products" in url]
    found = [url for file in files for url in locations(client, file.removeprefix(HOST))]

    assert [file.split(".xml")[1] for file in files] == ["", "?p=2", "?p=3"]
    assert len(found) == len(set(found)) == 5


@pytest.mark.parametrize(
    "path",
    ["/sitemap-nothing.xml", "/sitemap-products.xml?p=9", "/sitemap-products.xml?p=x",
     "/sitemap-products.xml?p=%00", "/sitemap-pages.xml?p=-1"],
)  # fmt: skip
def test_unknown_file_is_a_404(client, site_root, path):
    assert client.get(path).status_code == 404


def test_empty_shop_has_an_empty_sitemap(client, site_root):
    assert locations(client, "/sitemap-products.xml") == []


def test_robots_txt_excludes_private_and_endless_urls(client, site_root, mug):
    glaze = get_model("catalogue", "ProductAttribute").objects.get(code="glaze")
    FacetAttribute.objects.get_or_create(attribute=glaze)
    response = client.get("/robots.txt")
    robots = RobotFileParser()
    robots.parse(response.content.decode().splitlines())

    assert response["Content-Type"].startswith("text/plain")
    assert robots.site_maps() == [f"{HOST}/sitemap.xml"]
    for path in ("/basket/add/1/", "/checkout/pay/", "/accounts/login/", "/admin/", "/dashboard/x/",
                 "/search/?q=mug"):  # fmt: skip
        assert not robots.can_fetch("*", path), path
    for path in ("/", "/catalogue/", "/catalogue/?page=2", "/catalogue/x_1/?variant=2",
                 "/feeds/products.xml", "/sitemap.xml", "/media/a.jpg", "/static/css/site.css"):  # fmt: skip
        assert robots.can_fetch("*", path), path
    # Python's parser ignores "$"; crawlers apply the longest rule (RFC 9309, 2.2.3).
    for path in ("/basket/", "/search/"):
        assert f"Allow: {path}$\n" in response.content.decode()
    for name in ("glaze", "price", "stock", "sale", "rating", "sort", "stars"):
        assert f"Disallow: /*?{name}=\nDisallow: /*&{name}=\n" in response.content.decode()


def test_feed_is_streamed_and_links_to_landing_pages(client, landing, vase):
    page = landing("The vase", product=vase, product_role=LandingPage.Role.REPLACES)

    response = client.get("/feeds/products.xml")
    (link,) = [
        node.text
        for node in ElementTree.fromstring(response.getvalue()).iter(  # noqa: S314  our own
            "{http://base.google.com/ns/1.0}link"
        )
    ]

    assert response.streaming
    assert link == f"{HOST}{page.url}"


@pytest.mark.parametrize(
    ("path", "kind", "start"),
    [
        ("/favicon.ico", "image/x-icon", b"\0\0\1\0"),
        ("/apple-touch-icon.png", "image/png", b"\x89PNG"),
    ],
)
def test_icons_are_at_their_default_urls(client, db, path, kind, start):
    response = client.get(path)

    assert (response.status_code, response["Content-Type"]) == (200, kind)
    assert response.content.startswith(start)
    assert "max-age=86400" in response["Cache-Control"]


def test_manifest_lists_existing_icons(static_files, client, db):
    response = client.get("/site.webmanifest")

    assert response["Content-Type"] == "application/manifest+json"
    assert response.json()["name"] == "Saltmarsh"
    for icon in response.json()["icons"]:
        assert client.get(icon["src"]).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/robots.txt", "/sitemap.xml", "/sitemap-pages.xml", "/feeds/products.xml", "/favicon.ico",
     "/site.webmanifest"],
)  # fmt: skip
def test_crawler_files_set_no_cookie_and_are_read_only(client, site_root, path):
    response = client.get(path)

    assert response.cookies == {}
    assert client.post(path).status_code == 405
