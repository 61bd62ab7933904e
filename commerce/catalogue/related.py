"""Related products: chosen by staff, bought together, or in the same categories.

A scheduled task computes what was bought together and stores it (``BoughtTogether``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import permutations
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django_tasks import task
from oscar.core.loading import get_model

from commerce.catalogue.category_tree import categories_of
from commerce.clock import shop_now
from commerce.index.facet_index import facet_index
from commerce.index.listing_builder import CATEGORY
from commerce.index.listings import Card, cards_for
from commerce.index.sort_orders import ordered_keys
from commerce.models import BoughtTogether
from commerce.models.cache_tags import order_tag, product_tag
from commerce.order_statuses import CANCELLED, PENDING
from commerce.page_cache.memoise import memoise
from commerce.page_cache.versions import invalidate
from commerce.stock.availability import SOLD_OUT

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct


#: Cards shown on a page.
RELATED = 4
#: Candidates of each kind, enough to leave four when some are sold out.
CANDIDATES = 12
#: Limits of the computation: days, orders (newest first) and partners per product.
DAYS = 365
MAX_ORDERS = 20_000
MAX_PARTNERS = CANDIDATES
#: Orders with more products than this are ignored.
MAX_IN_ORDER = 20
#: Orders that must contain both products.
MIN_ORDERS = 2


def related_to(product: AbstractProduct) -> list[Card]:
    """Up to ``RELATED`` cards of related products.

    Chosen by staff first, then bought together, then of the same categories. Excludes the product
    itself and products that are sold out or not public. Two queries as a rule.
    """
    return _cards([*_partners_of(product), *_beside(product)], product)


def alternatives_to(product: AbstractProduct) -> list[Card]:
    """Cards of alternatives to a sold-out product; those of the same categories first."""
    return _cards([*_beside(product), *_partners_of(product)], product)


def _cards(candidates: Iterable[int], product: AbstractProduct) -> list[Card]:
    """The cards of the first candidates that can be bought."""
    candidates = [pk for pk in dict.fromkeys(candidates) if pk != product.pk]
    cards = []
    for start in range(0, len(candidates), 2 * RELATED):
        found = cards_for(candidates[start : start + 2 * RELATED])
        cards += [card for card in found if card.availability != SOLD_OUT]
        if len(cards) >= RELATED:
            break
    return cards[:RELATED]


def _partners_of(product: AbstractProduct) -> list[int]:
    """Keys of staff recommendations, then of products bought together. One query if not cached."""
    find = partial(_chosen_and_bought, product.pk)
    return memoise(("partners", product.pk), find, tags=[product_tag(product.pk)])


def _chosen_and_bought(product: int) -> list[int]:
    """Keys of staff recommendations, then of products bought together. One query.

    Recommended variants are replaced by their parents.
    """
    chosen = get_model("catalogue", "ProductRecommendation").objects.filter(primary=product)
    chosen = chosen.annotate(
        kind=Value(0),
        rank=F("ranking"),
        shown=Coalesce("recommendation__parent_id", "recommendation_id"),
    )
    bought = BoughtTogether.objects.filter(product=product)
    bought = bought.annotate(kind=Value(1), rank=F("orders"), shown=F("other_id"))
    columns = ("kind", "rank", "pk", "shown")
    rows = chosen.order_by().values_list(*columns).union(
        bought.order_by().values_list(*columns), all=True
    )  # fmt: skip
    ordered = sorted(rows, key=lambda row: (row[0], -row[1], row[2] if not row[0] else row[3]))
    return [shown for _kind, _rank, _pk, shown in ordered]


def _beside(product: AbstractProduct) -> list[int]:
    """Keys of products of the same categories, available and most popular first."""
    categories = categories_of(product)
    first = [
        memoise(("first-of-category", pk), partial(_first_of, pk), tags=[order_tag(pk)])
        for pk in categories
    ]
    return [pk for keys in first for pk in keys]


def _first_of(category_id: int) -> list[int]:
    """The first keys of a category's list."""
    keys = facet_index().of(CATEGORY, str(category_id))
    return ordered_keys(keys, sort="recommended", start=0, count=CANDIDATES + 1)


def pair_bought_together() -> int:
    """Recompute what was bought together, from the newest paid orders of a year.

    Writes differences only, in one transaction; returns the number of rows. Idempotent. Bounded by
    ``MAX_ORDERS`` and ``MAX_IN_ORDER``.
    """
    wanted = {
        (product, other): orders
        for product, partners in _partners(_products_by_order(shop_now())).items()
        for other, orders in partners
    }
    with transaction.atomic():
        _store(wanted)
    return len(wanted)


def _products_by_order(at: datetime) -> Collection[set[int]]:
    """The set of products of each paid order."""
    Order, Line = get_model("order", "Order"), get_model("order", "Line")
    paid = Order.objects.filter(date_placed__gte=at - timedelta(days=DAYS), date_placed__lte=at)
    paid = paid.exclude(status__in=(PENDING, CANCELLED)).order_by("-date_placed", "-pk")
    keys = list(paid.values_list("pk", flat=True)[:MAX_ORDERS])
    orders: dict[int, set[int]] = defaultdict(set)
    for start in range(0, len(keys), 500):  # SQLite limits the parameters of a query
        rows = Line.objects.filter(order__in=keys[start : start + 500], product__isnull=False)
        shown = Coalesce("product__parent_id", "product_id")
        for order_id, product_id in rows.values_list("order_id", shown):
            orders[order_id].add(product_id)
    return orders.values()


def _partners(orders: Iterable[set[int]]) -> dict[int, list[tuple[int, int]]]:
    """The products most often bought with each product, ``{product: [(other, orders), …]}``."""
    counts: dict[int, Counter[int]] = defaultdict(Counter)
    for products in orders:
        if len(products) <= MAX_IN_ORDER:
            for product, other in permutations(products, 2):
                counts[product][other] += 1
    return {
        product: sorted(
            ((other, count) for other, count in partners.items() if count >= MIN_ORDERS),
            key=lambda pair: (-pair[1], pair[0]),
        )[:MAX_PARTNERS]
        for product, partners in counts.items()
    }


def _store(wanted: Mapping[tuple[int, int], int]) -> None:
    """Make the table contain exactly these rows, and invalidate the pages of changed products."""
    stored = {(row.product_id, row.other_id): row for row in BoughtTogether.objects.all()}
    gone = [row.pk for pair, row in stored.items() if pair not in wanted]
    for start in range(0, len(gone), 500):
        BoughtTogether.objects.filter(pk__in=gone[start : start + 500]).delete()
    changed = [row for pair, row in stored.items() if wanted.get(pair, row.orders) != row.orders]
    for row in changed:
        row.orders = wanted[row.product_id, row.other_id]
    BoughtTogether.objects.bulk_update(changed, ["orders"], batch_size=200)
    missing = sorted(pair for pair in wanted if pair not in stored)
    changed_pairs = {*missing, *((row.product_id, row.other_id) for row in changed)}
    changed_pairs |= {pair for pair in stored if pair not in wanted}
    invalidate(*{product_tag(product) for product, _other in changed_pairs})
    BoughtTogether.objects.bulk_create(
        [BoughtTogether(product_id=a, other_id=b, orders=wanted[a, b]) for a, b in missing],
        batch_size=200,
    )


@task()
def pair_bought_together_task() -> None:
    """Scheduled task: see ``pair_bought_together``."""
    pair_bought_together()
