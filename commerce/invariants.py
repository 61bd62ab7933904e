"""What must hold of stock, orders and mail at any moment, asked of the database itself.

Each floor adds its own to ``REGISTRY``; ``manage.py check_invariants`` runs them all.
"""

from django.conf import settings
from django.db.models import Case, DecimalField, F, Q, Sum, Value, When
from django.db.models.functions import Coalesce
from oscar.core.loading import get_model

from commerce.models import OutgoingMail
from commerce.orders import CANCELLED, PENDING, units_held

#: Functions that yield a sentence for everything that is wrong.
REGISTRY = []


def invariant(function):
    """Register a function that yields sentences; its docstring says what must hold."""
    REGISTRY.append(function)
    return function


def broken_invariants():
    """Every sentence of every invariant that does not hold; empty when all is well."""
    return [sentence for function in REGISTRY for sentence in function()]


@invariant
def allocations_match_open_lines():
    """I1: what open order lines hold is what the stock record says is allocated."""
    held = units_held()
    records = get_model("partner", "StockRecord").objects.all()
    for pk, allocated in records.values_list("pk", "num_allocated"):
        if (allocated or 0) != held.get(pk, 0):
            yield f"I1 stock record {pk}: {allocated or 0} allocated, lines hold {held.get(pk, 0)}"


@invariant
def stock_is_never_oversold():
    """I2: 0 <= allocated <= in stock."""
    records = get_model("partner", "StockRecord").objects.exclude(num_in_stock=None)
    wrong = records.filter(Q(num_allocated__lt=0) | Q(num_allocated__gt=F("num_in_stock")))
    for pk, allocated, in_stock in wrong.values_list("pk", "num_allocated", "num_in_stock"):
        yield f"I2 stock record {pk}: {allocated} allocated of {in_stock}"


@invariant
def totals_add_up():
    """I4: an order's total is its lines (discounts taken off) and its delivery."""
    zero = Value(0, output_field=DecimalField(max_digits=12, decimal_places=2))
    orders = get_model("order", "Order").objects.annotate(
        goods=Coalesce(Sum("lines__line_price_incl_tax"), zero)
    )
    wrong = orders.exclude(total_incl_tax=F("goods") + F("shipping_incl_tax"))
    for number, total, goods, delivery in wrong.values_list(
        "number", "total_incl_tax", "goods", "shipping_incl_tax"
    ):
        yield f"I4 order {number}: total {total}, lines {goods}, delivery {delivery}"


@invariant
def discounts_stay_within_limits():
    """I5: uses of offers and vouchers never pass their limits."""
    offers = get_model("offer", "ConditionalOffer").objects.exclude(max_global_applications=None)
    for offer in offers.filter(num_applications__gt=F("max_global_applications")):
        yield f"I5 offer {offer.name}: {offer.num_applications} of {offer.max_global_applications}"
    Voucher = get_model("voucher", "Voucher")
    single = Voucher.objects.filter(usage=Voucher.SINGLE_USE)
    uses = single.annotate(uses=Sum(Case(When(applications__isnull=False, then=1), default=0)))
    for voucher in uses.filter(uses__gt=1):
        yield f"I5 voucher {voucher.code}: used {voucher.uses} times, once is allowed"


@invariant
def paid_orders_have_one_confirmation():
    """I6: each order that was paid through a gateway has exactly one confirmation mail."""
    paid = get_model("order", "Order").objects.exclude(status__in=[PENDING, CANCELLED])
    paid = paid.filter(sources__source_type__name=settings.GATEWAY_SOURCE_TYPE).distinct()
    keys = set(
        OutgoingMail.objects.filter(key__startswith="order_placed:").values_list("key", flat=True)
    )
    for number in paid.values_list("number", flat=True):
        if f"order_placed:{number}" not in keys:
            yield f"I6 order {number} is paid and has no confirmation mail"
