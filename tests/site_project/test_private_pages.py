"""Every URL responds with ``private, no-cache`` unless its view opts in to caching."""

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils.regex_helper import normalize

from tests import factories

pytestmark = pytest.mark.django_db

#: Views that respond with cacheable pages for everybody.
OPEN = {
    "catalogue:detail", "catalogue:index", "offer:list", "robots", "search:search", "search:suggest",
}  # fmt: skip
#: Also cacheable, but this walk rarely generates valid URLs for them;
#: ``tests/commerce/test_page_cache.py`` covers them.
BY_CHANCE = {"catalogue:category", "wagtail_serve"}
#: Files and cards: the same for everybody, public for a time or after revalidation.
FILES = {
    "/apple-touch-icon.png", "/favicon.ico", "/icon-192.png", "catalogue:cards", "design", "favicon",
    "icon", "manifest",
}  # fmt: skip


def all_views(patterns=None, prefix="", name=""):
    """``(name, path with parameters, parameter names)`` of every URL pattern."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        regex = prefix + pattern.pattern.regex.pattern.removeprefix("^").removesuffix(r"\Z")
        if isinstance(pattern, URLPattern):
            for path, parameters in normalize(regex):
                yield name + (pattern.name or ""), path, parameters
        else:
            space = f"{name}{pattern.namespace}:" if pattern.namespace else name
            yield from all_views(pattern.url_patterns, regex, space)


@pytest.fixture
def values(shop, site_root):
    """A value for each parameter of a URL, from a row if there is one."""
    vase = factories.make_product("Moon vase", price="60.00")
    table = factories.put_category(vase, "Tableware")
    return {
        "pk": str(vase.pk), "id": str(vase.pk), "product_pk": str(vase.pk), "slug": vase.slug,
        "product_slug": vase.slug, "category_slug": table.slug, "section": "products",
    }  # fmt: skip


def cache_control(path):
    return Client(raise_request_exception=False).get(path).get("Cache-Control", "")


def test_every_url_is_private_unless_its_view_opts_in(caching, values):
    caching()
    answered, public = 0, {}
    for name, path, parameters in all_views():
        path = "/" + path % {key: values.get(key, "1") for key in parameters}
        said = cache_control(path)
        answered += 1
        if "private" not in said and "no-store" not in said:
            public.setdefault(name or path, (path, said))

    assert answered > 400
    assert public.keys() - BY_CHANCE == OPEN | FILES, public
