"""The pages that are measured, as requests. The only part that looks for them in the database.

Run as a module against a prepared database it prints them as JSON.
"""

import json
import os
from dataclasses import asdict
from urllib.parse import urlencode

from tools.bench.server import EMPTY_VIEW, Request

EMPTY, HOME, LANDING, CATEGORY = "empty view of the site", "home", "landing page", "category"
FILTERED, PRODUCT, SEARCH = "category, two filters", "product", "search"
SUGGEST, BASKET, ADD = "suggestions", "basket of three", "add to basket"
#: The empty project, asked by itself again and again: it stays in the processor's caches.
ALONE = "empty project, asked alone"
#: The empty project behind the middlewares that every Django project begins with.
STARTPROJECT = "with startproject's middleware"
#: Pages whose copies are kept for everybody.
KEPT = (HOME, LANDING, CATEGORY, FILTERED, PRODUCT, SEARCH, SUGGEST)
#: Pages of which the process remembers parts: of a basket what is on all pages.
#: The form of a browser, from a page of ours.
FORM = (
    ("Content-Type", "application/x-www-form-urlencoded"),
    ("Sec-Fetch-Site", "same-origin"),
)
#: Of every size of catalogue these show a full page of cards.
ROOM, FILTERS, WORDS, BEGINNING = (
    "archive-table",
    (("glaze", "oat"), ("dishwasher_safe", "yes")),
    "bowl",
    "bow",
)


def find_pages():
    """``{page: Request}``; "basket of three" is asked for with the cookies of ``fill_basket``."""
    from django.urls import reverse
    from oscar.core.loading import get_model

    from commerce.index.listings import product_url
    from home.models import LandingPage

    room = get_model("catalogue", "Category").objects.get(code=ROOM).get_absolute_url()
    landing = LandingPage.objects.live().public().order_by("pk").first()
    parent, first = shown_product(), generated().filter(structure="standalone").first()
    search = reverse("search:search")
    return {
        EMPTY: EMPTY_VIEW,
        HOME: Request("/"),
        LANDING: Request(landing.get_url()),
        CATEGORY: Request(room),
        FILTERED: Request(f"{room}?{urlencode(FILTERS)}"),
        PRODUCT: Request(product_url(parent.pk, parent.slug)),
        SEARCH: Request(f"{search}?{urlencode({'q': WORDS})}"),
        SUGGEST: Request(f"{reverse('search:suggest')}?{urlencode({'q': BEGINNING})}"),
        BASKET: Request(reverse("basket:summary")),
        ADD: add_to_basket(first.pk),
    }


def generated():
    """The first pieces of the generated catalogue, in their order, whatever its size."""
    from oscar.core.loading import get_model

    from demo.generator import upc_of

    upcs = [upc_of(number) for number in range(1, 200)]
    products = get_model("catalogue", "Product").objects
    return products.filter(upc__in=upcs, listing__is_gone=False).order_by("upc")


def shown_product():
    """The product whose page is measured: one with variants."""
    return generated().filter(structure="parent").first()


def pieces_to_buy(count):
    """Requests that put so many different pieces into a basket."""
    from oscar.core.loading import get_model

    pieces = get_model("catalogue", "Product").objects.filter(
        structure="standalone", listing__availability="in_stock"
    )
    return [add_to_basket(pk) for pk in pieces.order_by("pk").values_list("pk", flat=True)[:count]]


def add_to_basket(product_id):
    """Press "Add to basket" on a product's page, as somebody who has no basket yet."""
    from django.urls import reverse

    path = reverse("basket:add", kwargs={"pk": product_id})
    return Request(path, "POST", "quantity=1", FORM, 302)


def with_cookies(request, headers):
    """The request with the cookies that an answer set, beside those it had."""
    jar = dict(request.headers).get("Cookie", "")
    cookies = dict(pair.split("=", 1) for pair in jar.split("; ") if pair)
    for line in headers.get_all("Set-Cookie") or ():
        name, value = line.split(";", 1)[0].split("=", 1)
        cookies[name] = value
    kept = [pair for pair in request.headers if pair[0] != "Cookie"]
    text = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return Request(
        request.path, request.method, request.body, (*kept, ("Cookie", text)), request.expects
    )


def fill_basket(server, additions, basket):
    """Put pieces into one basket; the request for it, with its cookies."""
    for addition in additions:
        jar = tuple(pair for pair in basket.headers if pair[0] == "Cookie")
        sent = Request(
            addition.path, addition.method, addition.body, (*addition.headers, *jar), 302
        )
        basket = with_cookies(basket, server.ask(sent))
    return basket


def request_from(row):
    """A request from its JSON."""
    return Request(**{**row, "headers": tuple(map(tuple, row["headers"]))})


def main():
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_project.settings")
    django.setup()
    pages = find_pages()
    found = {
        "pages": {name: asdict(request) for name, request in pages.items()},
        "product": shown_product().pk,
        "additions": list(map(asdict, pieces_to_buy(3))),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
