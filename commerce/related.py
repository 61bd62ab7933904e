"""Related products: those that staff chose, those bought in the same orders, those beside them.

What was bought together is computed by the clock and stored (``BoughtTogether``); a page reads it.
"""

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import permutations

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.listings import best_availability, cards_for, records_by_product, sellable_products
from commerce.models import BoughtTogether
from commerce.orders import CANCELLED, PENDING
from commerce.page_cache.changes import touch
from commerce.page_cache.dependencies import depends_on, list_tag, piece_tag
from commerce.stock import SOLD_OUT

#: Cards in the row of a page.
RELATED = 4
#: Candidates of each kind that a page looks at, so that four are left when some are sold out.
CANDIDATES = 12
#: What is computed: orders of this many days, the newest of them, and partners of one product.
DAYS = 365
MAX_ORDERS = 20_000
MAX_PARTNERS = CANDIDATES
#: An order with more different products than this is a shop's stock, not a taste.
MAX_IN_ORDER = 20
#: One order that held both is chance.
MIN_ORDERS = 2


def related_to(product, *, at=None):
    """Cards of what goes with a product, at most ``RELATED``: chosen by staff, then bought together,
    then of the same categories. What is sold out comes only where nothing else is left.

    Twelve queries at most. Never the product itself, nor what is not public.
    """
    return _cards(_candidates(product, (_chosen, _bought_together, _beside)), at=at)


def alternatives_to(product, *, at=None):
    """Cards of what a shopper may take instead of a sold-out product: of its kind first, and only
    what can be bought."""
    cards = _cards(_candidates(product, (_beside, _chosen, _bought_together)), at=at)
    return [card for card in cards if card.availability != SOLD_OUT]


def _cards(candidates, *, at):
    records = records_by_product(candidates)
    gone = {pk for pk in candidates if best_availability(records[pk]) == SOLD_OUT}
    return cards_for(sorted(candidates, key=gone.__contains__)[:RELATED], at=at)


def _candidates(product, sources):
    """Keys of public products in the order of the sources, each once, without the product."""
    found = [pk for source in sources for pk in source(product)[:CANDIDATES]]
    public = set(sellable_products().filter(pk__in=found).values_list("pk", flat=True))
    return [pk for pk in dict.fromkeys(found) if pk in public and pk != product.pk]


def _chosen(product):
    """What staff recommend in the dashboard; a variant stands for its parent."""
    rows = get_model("catalogue", "ProductRecommendation").objects.filter(primary=product)
    shown = Coalesce("recommendation__parent_id", "recommendation_id")
    return rows.order_by("-ranking", "pk").values_list(shown, flat=True)


def _bought_together(product):
    rows = BoughtTogether.objects.filter(product=product).order_by("-orders", "other_id")
    return rows.values_list("other_id", flat=True)


def _beside(product):
    """Products of the same categories, those bought most first."""
    rows = get_model("catalogue", "ProductCategory").objects.filter(product=product)
    categories = list(rows.values_list("category_id", flat=True))
    depends_on(*map(list_tag, categories))
    rows = sellable_products().filter(categories__in=categories)
    bought = F("stats__num_purchases").desc(nulls_last=True)
    return (
        rows.exclude(pk=product.pk).order_by(bought, "pk").values_list("pk", flat=True).distinct()
    )


def pair_bought_together(*, at=None):
    """Compute anew what was bought together, from the newest paid orders of a year.

    Writes differences only, in one transaction; returns how many rows there are. Bounded by
    ``MAX_ORDERS`` and ``MAX_IN_ORDER``; running it twice changes nothing.
    """
    wanted = {
        (product, other): orders
        for product, partners in _partners(_products_by_order(at or timezone.now())).items()
        for other, orders in partners
    }
    with transaction.atomic():
        _store(wanted)
    return len(wanted)


def _products_by_order(at):
    """Sets of products that one paid order held."""
    Order, Line = get_model("order", "Order"), get_model("order", "Line")
    paid = Order.objects.filter(date_placed__gte=at - timedelta(days=DAYS), date_placed__lte=at)
    paid = paid.exclude(status__in=(PENDING, CANCELLED)).order_by("-date_placed", "-pk")
    keys = list(paid.values_list("pk", flat=True)[:MAX_ORDERS])
    orders = defaultdict(set)
    for start in range(0, len(keys), 500):  # SQLite allows few parameters in one query.
        rows = Line.objects.filter(order__in=keys[start : start + 500], product__isnull=False)
        shown = Coalesce("product__parent_id", "product_id")
        for order_id, product_id in rows.values_list("order_id", shown):
            orders[order_id].add(product_id)
    return orders.values()


def _partners(orders):
    """The products bought most often with each one, ``{product: [(other, orders), …]}``."""
    counts = defaultdict(Counter)
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


def _store(wanted):
    """Make the table hold these rows and no others, and the pages of these products new."""
    stored = {(row.product_id, row.other_id): row for row in BoughtTogether.objects.all()}
    gone = [row.pk for pair, row in stored.items() if pair not in wanted]
    for start in range(0, len(gone), 500):
        BoughtTogether.objects.filter(pk__in=gone[start : start + 500]).delete()
    changed = [row for pair, row in stored.items() if wanted.get(pair, row.orders) != row.orders]
    for row in changed:
        row.orders = wanted[row.product_id, row.other_id]
    BoughtTogether.objects.bulk_update(changed, ["orders"], batch_size=200)
    missing = sorted(pair for pair in wanted if pair not in stored)
    told = {*missing, *((row.product_id, row.other_id) for row in changed)}
    told |= {pair for pair in stored if pair not in wanted}
    touch(*{piece_tag(product) for product, _other in told})
    BoughtTogether.objects.bulk_create(
        [BoughtTogether(product_id=a, other_id=b, orders=wanted[a, b]) for a, b in missing],
        batch_size=200,
    )
