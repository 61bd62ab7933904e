"""The measured pages as requests. Only this module looks them up in the database.

Run as a module against a prepared database, it prints them as JSON.
"""

import json
import os
from dataclasses import asdict
from urllib.parse import urlencode

from tools.bench import many_variants
from tools.bench.server import EMPTY_VIEW, Request

EMPTY, HOME, LANDING, CATEGORY = "empty view of the site", "home", "landing page", "category"
FILTERED, PRODUCT, SEARCH = "category, two filters", "product", "search"
MANY, MANY_LIST = "product, 100 variants", "category of these"
SUGGEST, BASKET, ADD = "suggestions", "basket of three", "add to basket"
#: The empty project requested over and over on its own, so that it stays in the CPU caches.
ALONE = "empty project, asked alone"
#: The empty project with the middlewares of ``startproject``.
STARTPROJECT = "with startproject's middleware"
#: Pages with one cached copy for everybody.
CACHED_PAGES = (HOME, LANDING, CATEGORY, FILTERED, PRODUCT, SEARCH, SUGGEST)
#: Headers of a form that a browser submits from one of our pages.
FORM = (
    ("Content-Type", "application/x-www-form-urlencoded"),
    ("Sec-Fetch-Site", "same-origin"),
)
#: These show a full page of cards at every size of the catalogue.
CATEGORY_CODE, FILTERS, WORDS, PREFIX = (
    "archive-table",
    (("glaze", "oat"), ("dishwasher_safe", "yes")),
    "bowl",
    "bow",
)


def find_pages():
    """Return ``{page: Request}``. "basket of three" needs the cookies from ``fill_basket``."""
    from django.urls import reverse
    from oscar.core.loading import get_model

    from commerce.index.listings import product_url
    from home.models import LandingPage

    category = get_model("catalogue", "Category").objects.get(code=CATEGORY_CODE).get_absolute_url()
    landing = LandingPage.objects.live().public().order_by("pk").first()
    parent, first = shown_product(), generated().filter(structure="standalone").first()
    search = reverse("search:search")
    return {
        EMPTY: EMPTY_VIEW,
        HOME: Request("/"),
        LANDING: Request(landing.get_url()),
        CATEGORY: Request(category),
        FILTERED: Request(f"{category}?{urlencode(FILTERS)}"),
        PRODUCT: Request(product_url(parent.pk, parent.slug)),
        SEARCH: Request(f"{search}?{urlencode({'q': WORDS})}"),
        SUGGEST: Request(f"{reverse('search:suggest')}?{urlencode({'q': PREFIX})}"),
        BASKET: Request(reverse("basket:summary")),
        ADD: add_to_basket(first.pk),
    }


def find_pages_of_many_variants():
    """Return ``{page: Request}`` of the products that ``many_variants`` added."""
    from oscar.core.loading import get_model

    from commerce.index.listings import product_url

    product = get_model("catalogue", "Product").objects.get(upc=many_variants.upc_of(0))
    category = get_model("catalogue", "Category").objects.get(code=many_variants.CATEGORY_CODE)
    return {
        MANY: Request(product_url(product.pk, product.slug)),
        MANY_LIST: Request(category.get_absolute_url()),
    }


def generated():
    """Return the first generated products. Their order does not depend on the size of the catalogue."""
    from oscar.core.loading import get_model

    from demo.generator import upc_of

    upcs = [upc_of(number) for number in range(1, 200)]
    products = get_model("catalogue", "Product").objects
    return products.filter(upc__in=upcs, listing__is_gone=False).order_by("upc")


def shown_product():
    """Return the product whose page is measured. It has variants."""
    return generated().filter(structure="parent").first()


def products_to_buy(count):
    """Return requests that put ``count`` different products into a basket."""
    from oscar.core.loading import get_model

    products = get_model("catalogue", "Product").objects.filter(
        structure="standalone", listing__availability="in_stock"
    )
    return [
        add_to_basket(pk) for pk in products.order_by("pk").values_list("pk", flat=True)[:count]
    ]


def add_to_basket(product_id):
    """Return the request for "Add to basket" from a visitor who has no basket yet."""
    from django.urls import reverse

    path = reverse("basket:add", kwargs={"pk": product_id})
    return Request(path, "POST", "quantity=1", FORM, 302)


def with_cookies(request, headers):
    """Return the request with its own cookies and those that a response set."""
    jar = dict(request.headers).get("Cookie", "")
    cookies = dict(pair.split("=", 1) for pair in jar.split("; ") if pair)
    for line in headers.get_all("Set-Cookie") or ():
        name, value = line.split(";", 1)[0].split("=", 1)
        cookies[name] = value
    headers = [pair for pair in request.headers if pair[0] != "Cookie"]
    text = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return Request(
        request.path, request.method, request.body, (*headers, ("Cookie", text)), request.expects
    )


def fill_basket(server, additions, basket):
    """Put products into one basket and return the request for the basket page, with its cookies."""
    for addition in additions:
        jar = tuple(pair for pair in basket.headers if pair[0] == "Cookie")
        sent = Request(
            addition.path, addition.method, addition.body, (*addition.headers, *jar), 302
        )
        basket = with_cookies(basket, server.ask(sent))
    return basket


def request_from(row):
    """Build a request from its JSON."""
    return Request(**{**row, "headers": tuple(map(tuple, row["headers"]))})


def main():
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_project.settings")
    django.setup()
    pages = {**find_pages(), **find_pages_of_many_variants()}
    found = {
        "pages": {name: asdict(request) for name, request in pages.items()},
        "product": shown_product().pk,
        "additions": list(map(asdict, products_to_buy(3))),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
