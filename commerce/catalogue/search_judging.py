"""Judges the order of search results: nDCG@10 against graded products.

A file of judged queries is TOML::

    [[queries]]
    query = "hot water bottle"
    results = [["SKU-1", 3], ["White hot water bottle", 2]]

A product is named by its UPC, the SKU of one of its stock records, its slug or its title. Grade 3 is
what the shopper means, 2 is useful, 1 is related.
"""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log2
from pathlib import Path
from statistics import fmean
from typing import Any

from django.db.models import Q
from oscar.core.loading import get_model

from commerce.catalogue.product_lists import products_in

#: Results that count.
DEPTH = 10


class UnknownProduct(ValueError):
    """A judged query names a product that the catalogue does not have."""


@dataclass(frozen=True)
class JudgedQuery:
    """A query with its products, ``{name: grade}``."""

    query: str
    grades: dict[str, int]


@dataclass(frozen=True)
class Judgement:
    """The nDCG of a query, from 0 to 1, and the titles and grades of its first results."""

    query: str
    ndcg: float
    results: list[tuple[str, int]]


def read_queries(path: Path) -> list[JudgedQuery]:
    """The judged queries of a TOML file. Raises ValueError if it is not one."""
    with path.open("rb") as file:
        rows = tomllib.load(file).get("queries", [])
    if not rows:
        raise ValueError(f"{path} has no [[queries]].")
    return [
        JudgedQuery(row["query"], {str(name): int(grade) for name, grade in row["results"]})
        for row in rows
    ]


def judge(queries: Sequence[JudgedQuery]) -> list[Judgement]:
    """Judge the first ``DEPTH`` products of each query, as the search page lists them.

    Raises ``UnknownProduct``.
    """
    keys = _keys_of({name for query in queries for name in query.grades})
    return [_judged(query, keys) for query in queries]


def mean_ndcg(judgements: Iterable[Judgement]) -> float:
    """The mean over all queries."""
    return fmean(judgement.ndcg for judgement in judgements)


def ndcg(gains: Sequence[int], ideal: Iterable[int]) -> float:
    """The normalised discounted cumulative gain of grades in the order shown; gain is 2^grade - 1."""
    best = _discounted(sorted(ideal, reverse=True)[:DEPTH])
    return _discounted(gains[:DEPTH]) / best if best else 0.0


def _discounted(grades: Iterable[int]) -> float:
    return sum((2**grade - 1) / log2(place + 2) for place, grade in enumerate(grades))


def _judged(judged: JudgedQuery, keys: dict[str, int]) -> Judgement:
    grades = {keys[name.casefold()]: grade for name, grade in judged.grades.items()}
    cards = products_in(query=judged.query).cards[:DEPTH]
    shown = [(str(card.title), grades.get(card.product_id, 0)) for card in cards]
    score = ndcg([grade for _title, grade in shown], grades.values())
    return Judgement(judged.query, score, shown)


def _keys_of(names: set[str]) -> dict[str, int]:
    """``{name in lower case: product key}``; variants count for their parents."""
    products = get_model("catalogue", "Product").objects
    wanted = Q(upc__in=names) | Q(slug__in=names) | Q(title__in=names)
    rows: list[tuple[Any, ...]] = list(
        products.filter(wanted).values_list("pk", "parent_id", "upc", "slug", "title")
    )
    records = get_model("partner", "StockRecord").objects.filter(partner_sku__in=names)
    rows += records.values_list("product_id", "product__parent_id", "partner_sku")
    found = {
        str(value).casefold(): parent or pk for pk, parent, *values in rows for value in values
    }
    if missing := sorted(name for name in names if name.casefold() not in found):
        raise UnknownProduct(f"No product has the SKU, UPC, slug or title: {', '.join(missing)}")
    return found
