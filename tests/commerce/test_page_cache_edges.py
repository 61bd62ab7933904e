"""Edge cases of the page cache: malformed requests, several sites, unwritable stores."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from commerce.catalogue.product_lists import products_in
from commerce.models import SalePrice
from commerce.models.cache_tags import LISTS
from commerce.page_cache import stores
from commerce.page_cache.dependencies import allow_caching, depends_on
from commerce.page_cache.middleware import PageCacheMiddleware, is_cacheable, request_key
from commerce.page_cache.versions import publish
from home.models import StandardPage
from tests import factories
from tests.caching import forget
from tests.factories import stockrecord_of
from tests.home.bodies import buy

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def magazine(caching, mug, site_root):
    """A page by editors that contains a word which no product has."""
    caching()
    page = site_root.add_child(
        instance=StandardPage(title="Raku firing", slug="raku-firing", intro="Raku firing")
    )
    page.save_revision().publish()
    return f"{reverse('search:search')}?q=raku"


def test_search_that_found_only_pages_says_so_after_a_fragment_was_cached(magazine):
    first = Client().get(magazine).text
    assert "some of our pages mention it" in first  # control: not requested before

    publish([LISTS, "site"])
    Client().get(magazine, headers={"x-requested-with": "XMLHttpRequest"})

    assert "some of our pages mention it" in Client().get(magazine).text


def test_page_with_a_price_is_not_invalidated_by_unrelated_lists(caching, vase, site_root):
    caching()
    Client().get(vase.get_absolute_url())

    [page] = stores.memory().values()

    assert LISTS not in page.tags


def test_page_of_one_host_is_not_served_to_another(caching, mug, settings):
    caching()
    settings.ALLOWED_HOSTS = ["one.example", "two.example"]
    rendered = []

    def view(request):
        rendered.append(request.get_host())
        allow_caching()
        return HttpResponse(request.get_host())

    pages = PageCacheMiddleware(view)
    hosts = ("one.example", "two.example", "one.example")
    shown = [pages(RequestFactory().get("/", HTTP_HOST=host)).content.decode() for host in hosts]

    assert shown == list(hosts)
    assert rendered == ["one.example", "two.example"]


def test_foreign_host_does_not_fill_the_cache(caching, mug):
    caching()

    response = Client().get(mug.get_absolute_url(), headers={"host": "evil.example"})

    assert response.status_code == 400
    assert not stores.memory()


@pytest.mark.parametrize("header", [None, "http", "https", " https", "https,http", "http,https"])
@pytest.mark.parametrize("wire", ["http", "https"])
def test_cache_key_contains_one_scheme(settings, wire, header):
    """Chained proxies join their headers, but equal keys must mean one scheme."""
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    said = {} if header is None else {"HTTP_X_FORWARDED_PROTO": header}
    request = RequestFactory().get("/", **{"wsgi.url_scheme": wire, **said})
    other = "http" if request.scheme == "https" else "https"
    plain = RequestFactory().get("/", **{"wsgi.url_scheme": other})

    assert plain.scheme != request.scheme
    assert request_key(request.META) != request_key(plain.META)


@pytest.mark.parametrize("space", ["\u00a0", "\u2003"])
def test_session_cookie_is_found_like_django_finds_it(caching, shop, settings, space):
    """Django reads cookies as UTF-8 and strips all whitespace from their names."""
    cookie = f"{space}{settings.SESSION_COOKIE_NAME}=abc".encode().decode("latin-1")
    request = RequestFactory().get("/", HTTP_COOKIE=cookie)
    assert settings.SESSION_COOKIE_NAME in request.COOKIES

    assert not is_cacheable(request.META)


def test_last_of_two_values_decides_in_the_key_too(caching, mug, vase):
    """Django uses the last value of a name. The key sorts names and keeps the order of values."""
    caching()
    search = reverse("search:search")
    Client().get(f"{search}?q=vase&q=mug")

    page = Client().get(f"{search}?q=mug&q=vase").text

    assert "Results for “vase”" in page


def test_query_bytes_are_decoded_like_django_decodes_them(caching, mug):
    """Django reads an unencoded query as UTF-8, but the cache key reads it as Latin-1."""
    caching()
    path = reverse("search:search")
    raw = "q=mug caf\u00e9".encode().decode("latin-1")
    Client().get(path, QUERY_STRING=raw)

    page = Client().get(f"{path}?q=mug+caf%C3%83%C2%A9").text

    assert "Results for “mug caf\u00c3\u00a9”" in page


def test_cached_page_that_is_no_longer_public_is_not_served(caching, shop):
    """A public list has become a 404."""
    caching()
    is_open = True

    def view(request):
        depends_on("thing")
        if not is_open:
            return HttpResponse(status=404)
        allow_caching()
        return HttpResponse("a list")

    pages = PageCacheMiddleware(view)
    assert "public" in pages(RequestFactory().get("/list/"))["Cache-Control"]
    is_open = False
    publish(["thing"])

    assert pages(RequestFactory().get("/list/")).status_code == 404
    is_open = True
    assert pages(RequestFactory().get("/list/")).status_code == 200


def test_shared_cache_keeps_no_page_beyond_its_expiry(caching, mug, settings):
    """Regression: a sale that had ended was shown for another ``CDN_SECONDS``."""
    settings.CDN_SECONDS = 600
    begin = timezone.now() + timedelta(minutes=2)
    SalePrice.objects.create(
        stockrecord=stockrecord_of(mug.children.first()), price=Decimal("9.00"), start=begin
    )
    caching()

    rendered, cached = (Client().get(mug.get_absolute_url()) for _time in range(2))

    for page in (rendered, cached):
        seconds = int(page["Cache-Control"].partition("s-maxage=")[2])
        assert 100 < seconds <= 120
        assert "site" in page["Cache-Tag"].split(",")


@pytest.mark.parametrize("broken", ["a file where the folder should be", "no permission"])
def test_site_without_a_writable_folder_renders_its_pages(
    caching, mug, tmp_path, settings, monkeypatch, broken
):
    caching()
    settings.PAGE_CACHE_FOLDER = tmp_path / "pages"
    if broken == "no permission":

        def refuse(*args, **kwargs):
            raise PermissionError(13, "read-only file system")

        monkeypatch.setattr("commerce.page_cache.versions.os.open", refuse)
    else:
        settings.PAGE_CACHE_FOLDER.write_text("in the way")
    forget()

    pages = [Client().get(mug.get_absolute_url()) for _time in range(2)]

    assert [page.status_code for page in pages] == [200, 200]
    assert [page["Cache-Control"] for page in pages] == ["private, no-cache"] * 2


def test_change_is_seen_although_its_version_could_not_be_written_at_once(
    caching, mug, monkeypatch
):
    """The disk is full when a price changes, and has space a moment later."""
    import os

    from commerce.page_cache import versions as module

    caching()
    versions = module.versions()
    versions.snapshot()
    write = os.pwrite

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "pwrite", full)
    publish(["thing"])
    monkeypatch.setattr(module.os, "pwrite", write)
    monkeypatch.setattr(versions, "_paused_until", 0.0)

    assert versions.snapshot().newest(["thing"]) > 0


def test_page_with_an_unknown_parameter_is_rendered_for_signed_in_shoppers_too(caching, mug):
    caching()
    client = Client()
    client.force_login(factories.make_user())

    page = client.get(f"{mug.get_absolute_url()}?utm_id=5")

    assert page.status_code == 200
    assert page["Cache-Control"] == "private, no-cache"


# --- Values of parameters --------------------------------------------------------------------------


@pytest.fixture
def pages_with_parameters(caching, mug, vase, site_root):
    """URLs of a product, of an editor's page that sells it, and of a category."""
    category = factories.put_category(mug, "Tableware")
    site_root.body = [buy(mug.pk)]
    site_root.save()
    caching()
    paths = {"product": mug.get_absolute_url(), "home": "/"}
    return {**paths, "category": category.get_absolute_url(), "search": reverse("search:search")}


def is_cached(path, **headers):
    response = Client().get(path, headers=headers)
    assert response.status_code in (200, 302)
    return "public" in response.get("Cache-Control", "")


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("product", "variant=zzz"), ("product", "variant=999999"), ("product", "variant="),
        ("product", "variant=None"), ("product", "as=x"), ("product", "as=reviews"),
        ("product", "page=7"), ("product", "page=01"), ("product", "stars=9"),
        ("product", "stars=5"), ("product", "sort=zzz"), ("product", "page=1&page=1"),
        ("home", "variant=zzz"), ("home", "variant=999999"), ("home", "page=1"),
        ("category", "page=7"), ("category", "sort=zzz"), ("category", "sort=newest&sort=newest"),
        ("category", "sale=x"), ("category", "stock=in&stock=in"), ("category", "q=mug"),
        ("search", "q=mug&exact=2"), ("search", "q=mug&q=vase&q=mug"), ("search", "q=mug&page=0"),
    ],
)  # fmt: skip
def test_page_with_an_unknown_value_is_not_cached(pages_with_parameters, page, query):
    assert not is_cached(f"{pages_with_parameters[page]}?{query}")
    assert list(stores.memory()) == []


def test_unknown_part_of_a_product_page_is_not_cached(pages_with_parameters):
    path = pages_with_parameters["product"]
    script = {"x-requested-with": "XMLHttpRequest"}

    assert not is_cached(f"{path}?as=x", **script)
    assert all(is_cached(f"{path}{query}", **script) for query in ("", "?as=reviews", "?as=block"))


def test_page_with_known_values_is_cached(pages_with_parameters, mug):
    variants = mug.children.values_list("pk", flat=True)
    assert len(variants) == 2  # control

    for variant in variants:
        assert is_cached(f"{pages_with_parameters['product']}?variant={variant}&page=1&sort=lowest")
        assert is_cached(f"/?variant={variant}")
    assert is_cached(f"{pages_with_parameters['category']}?sort=price-low&page=1")
    assert is_cached(f"{pages_with_parameters['search']}?q=mug&exact=1")


def test_list_with_known_filters_is_cached(pages_with_parameters):
    path = pages_with_parameters["category"]
    facet = products_in().facets[0]
    code = facet.values[0].code

    assert is_cached(f"{path}?{facet.name}={code}")
    assert not is_cached(f"{path}?{facet.name}={code}&{facet.name}=x")
