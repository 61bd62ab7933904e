"""What lists and search cost below the view, in this process: rebuilding, refreshing, finding.

Run as a module against a prepared database it prints its figures, in seconds, as JSON. It empties
the read model and builds it again.
"""

import json
import os
import time
from contextlib import contextmanager
from statistics import median

from tools.bench.figures import percentile

#: How often each is measured.
ROUNDS_OF_ONE, ROUNDS_OF_HUNDRED, ROUNDS_OF_SEARCH = 20, 5, 4


@contextmanager
def timed(times):
    """Append how long the block took."""
    start = time.perf_counter()
    yield
    times.append(time.perf_counter() - start)


def measure_rebuild():
    """Seconds to build the read model from nothing, and to look all through it where nothing changed."""
    from django.db import transaction

    from commerce.index.refresh import rebuild_listings
    from commerce.models import Listing, ListingTerms, PriceWindow, Term

    with transaction.atomic():
        for model in (ListingTerms, PriceWindow, Listing, Term):
            model.objects.all()._raw_delete(using="default")
    built, unchanged = [], []
    with timed(built):
        rebuild_listings()
    with timed(unchanged):
        rebuild_listings()
    return {"rebuild": built[0], "rebuild_unchanged": unchanged[0]}


def measure_refresh():
    """Median seconds to follow a change of one product, and of a hundred: title, price, stock."""
    from commerce.models import Listing
    from demo.generator import PREFIX

    keys = Listing.objects.filter(product__upc__startswith=PREFIX).order_by("pk")
    keys = list(keys.values_list("pk", flat=True))
    one, hundred = [], []
    for place in range(ROUNDS_OF_ONE):
        _change_and_refresh(keys[place : place + 1], one)
    for place in range(ROUNDS_OF_HUNDRED):
        _change_and_refresh(keys[100 * place : 100 * place + 100], hundred)
    return {"refresh_1": median(one), "refresh_100": median(hundred)}


def _change_and_refresh(keys, times):
    """Change products behind the back of the signals, follow, and change them back."""
    from django.db.models import F, Value
    from django.db.models.functions import Concat, Replace
    from oscar.core.loading import get_model

    from commerce.index.refresh import refresh_listings

    products = get_model("catalogue", "Product").objects.filter(pk__in=keys)
    records = get_model("partner", "StockRecord").objects.filter(product__in=keys)
    word = Value(" remade")
    products.update(title=Concat("title", word))
    records.update(price=F("price") + 40, num_in_stock=F("num_in_stock") + 50)
    with timed(times):
        refresh_listings(keys)
    products.update(title=Replace("title", word, Value("")))
    records.update(price=F("price") - 40, num_in_stock=F("num_in_stock") - 50)
    with timed(times):
        refresh_listings(keys)


def measure_search():
    """The 95th percentile of a search with its filters and cards, and of what a beginning may mean.

    Each is asked for once before: a process remembers the words that it met.
    """
    from commerce.catalogue.product_lists import products_in
    from commerce.search.queries import suggest

    queries = searched()
    beginnings = sorted(
        {word[:length] for word in " ".join(queries).split() for length in (2, 3, 5)}
    )
    searches, suggestions = [], []
    for query in queries:  # Warm: the first of a process compiles and connects.
        products_in(query=query)
    for beginning in beginnings:
        suggest(beginning)
    for _round in range(ROUNDS_OF_SEARCH):
        for query in queries:
            with timed(searches):
                products_in(query=query)
        for beginning in beginnings:
            with timed(suggestions):
                suggest(beginning)
    return {"search": percentile(searches, 0.95), "suggest": percentile(suggestions, 0.95)}


def searched():
    """What people might search for in a generated catalogue: one word and several."""
    from demo import files

    words = files.read("vocabulary")
    forms = [form["name"] for form in words["forms"]]
    lone = [
        *forms[::2],
        *map(str.lower, words["manners"][::4]),
        *map(str.lower, words["places"][::5]),
    ]
    pairs = zip(words["manners"][::3], forms[1::2], strict=False)
    return [*lone, *(f"{manner} {form}".lower() for manner, form in pairs)]


def main():
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_project.settings")
    django.setup()
    print(json.dumps({**measure_rebuild(), **measure_refresh(), **measure_search()}))


if __name__ == "__main__":
    main()
