"""Measure lists and search without the views, in this process: rebuild, refresh, query.

Run as a module against a prepared database, it prints its figures in seconds as JSON. It empties
the read model and rebuilds it.
"""

import json
import os
import time
from contextlib import contextmanager
from statistics import median

from tools.bench.figures import percentile

#: Number of repetitions of each measurement.
ROUNDS_OF_ONE, ROUNDS_OF_HUNDRED, ROUNDS_OF_SEARCH = 20, 5, 4


@contextmanager
def timed(times):
    """Append the duration of the block in seconds."""
    start = time.perf_counter()
    yield
    times.append(time.perf_counter() - start)


def measure_rebuild():
    """Return the seconds to build the read model from scratch and to check it when nothing changed."""
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
    """Return the median seconds to follow a change (title, price, stock) of 1 and of 100 products."""
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
    """Change products without sending signals, refresh, and change them back."""
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
    """Return the 95th percentiles of a search with filters and cards, and of suggestions.

    Every query runs once beforehand, because a process caches the words that it has seen.
    """
    from commerce.catalogue.product_lists import products_in
    from commerce.search.queries import suggest

    queries = searched()
    beginnings = sorted(
        {word[:length] for word in " ".join(queries).split() for length in (2, 3, 5)}
    )
    searches, suggestions = [], []
    for query in queries:
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
    """Return likely searches in a generated catalogue, of one word and of several."""
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
