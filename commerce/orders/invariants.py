"""Invariants of stock, orders and mail, checked in the database.

Each app adds its own to ``REGISTRY``; ``manage.py check_invariants`` runs them all.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal

from django.conf import settings
from django.db.models import Case, F, OuterRef, Q, Subquery, Sum, When
from django.db.models.functions import Coalesce
from oscar.core.loading import get_model

from commerce.models import (
    CommercialDocument,
    DocumentCounter,
    DocumentKind,
    DocumentTax,
    OrderEvent,
    OutgoingMail,
    ReturnLine,
    ReturnRequest,
    StockChange,
)
from commerce.order_statuses import CANCELLED, PENDING
from commerce.orders.pipeline import units_held
from commerce.orders.shipments import CAME_BACK, GIVEN_UP, HANDED_OVER, SENT

Invariant = Callable[[], Iterator[str]]
#: Functions that yield a sentence for each broken row.
REGISTRY: list[Invariant] = []


def invariant(function: Invariant) -> Invariant:
    """Register a function that yields a sentence for each violation; its docstring states the rule."""
    REGISTRY.append(function)
    return function


def broken_invariants() -> list[str]:
    """A sentence for each violation of any invariant; empty if all hold."""
    return [sentence for function in REGISTRY for sentence in function()]


@invariant
def allocations_match_open_lines() -> Iterator[str]:
    """I1: a stock record's allocation is the sum of what open order lines have allocated."""
    held = units_held()
    records = get_model("partner", "StockRecord").objects.all()
    for pk, allocated in records.values_list("pk", "num_allocated"):
        if (allocated or 0) != held.get(pk, 0):
            yield f"I1 stock record {pk}: {allocated or 0} allocated, {held.get(pk, 0)} by open lines"


@invariant
def stock_is_never_oversold() -> Iterator[str]:
    """I2: 0 <= allocated <= in stock, except for products that were ordered without stock."""
    records = get_model("partner", "StockRecord").objects.exclude(num_in_stock=None)
    later = Q(product__details__later__gt="") | Q(product__parent__details__later__gt="")
    beyond = Q(num_allocated__gt=F("num_in_stock")) & ~later
    wrong = records.filter(Q(num_allocated__lt=0) | beyond)
    for pk, allocated, in_stock in wrong.values_list("pk", "num_allocated", "num_in_stock"):
        yield f"I2 stock record {pk}: {allocated} allocated of {in_stock}"


@invariant
def totals_add_up() -> Iterator[str]:
    """I4: an order's total is the sum of its lines, after discounts, and its delivery charge.

    Added in Decimal: SQLite adds decimal columns as floating-point numbers.
    """
    goods: defaultdict[int, Decimal] = defaultdict(Decimal)
    lines = get_model("order", "Line").objects.values_list("order_id", "line_price_incl_tax")
    for order_id, price in lines.order_by().iterator():
        goods[order_id] += price
    orders = get_model("order", "Order").objects.values_list(
        "pk", "number", "total_incl_tax", "shipping_incl_tax"
    )
    for pk, number, total, delivery in orders.iterator():
        if total != goods[pk] + delivery:
            yield f"I4 order {number}: total {total}, lines {goods[pk]}, delivery {delivery}"


@invariant
def tax_return_equals_documents() -> Iterator[str]:
    """I13: the rows of the tax return are the documents' own net and tax, by sign."""
    sums: defaultdict[int, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    taxes = DocumentTax.objects.values_list("document_id", "net", "tax")
    for pk, net, tax in taxes.iterator():
        sums[pk][0] += net
        sums[pk][1] += tax
    documents = CommercialDocument.objects.exclude(kind=DocumentKind.PACKING_SLIP)
    for document in documents.only("number", "kind", "facts").iterator():
        sign = -1 if document.kind == DocumentKind.CREDIT_NOTE else 1
        expected = [sign * Decimal(document.facts[name]) for name in ("net", "tax")]
        if sums[document.pk] != expected:
            yield f"I13 document {document.number}: {expected}, in the return {sums[document.pk]}"


@invariant
def discounts_stay_within_limits() -> Iterator[str]:
    """I5: offers and vouchers are never used more often than their limits allow."""
    offers = get_model("offer", "ConditionalOffer").objects.exclude(max_global_applications=None)
    for offer in offers.filter(num_applications__gt=F("max_global_applications")):
        yield f"I5 offer {offer.name}: {offer.num_applications} of {offer.max_global_applications}"
    Voucher = get_model("voucher", "Voucher")
    single = Voucher.objects.filter(usage=Voucher.SINGLE_USE)
    uses = single.annotate(uses=Sum(Case(When(applications__isnull=False, then=1), default=0)))
    for voucher in uses.filter(uses__gt=1):
        yield f"I5 voucher {voucher.code}: used {voucher.uses} times, allowed once"


@invariant
def paid_orders_have_one_confirmation() -> Iterator[str]:
    """I6: each order paid through a gateway has exactly one confirmation mail."""
    paid = get_model("order", "Order").objects.exclude(status__in=[PENDING, CANCELLED])
    paid = paid.filter(
        sources__source_type__name__in=settings.GATEWAY_SOURCE_TYPES.values()
    ).distinct()
    keys = set(
        OutgoingMail.objects.filter(key__startswith="order_placed:").values_list("key", flat=True)
    )
    for number in paid.values_list("number", flat=True):
        if f"order_placed:{number}" not in keys:
            yield f"I6 order {number} is paid but has no confirmation mail"


@invariant
def parcels_hold_no_more_than_was_ordered() -> Iterator[str]:
    """I9: units sent, provided, given up and allocated never exceed the quantity of a line."""
    done = (*HANDED_OVER, GIVEN_UP)
    lines = get_model("order", "Line").objects.annotate(
        done=Coalesce(
            Sum(
                "shipping_event_quantities__quantity",
                filter=Q(shipping_event_quantities__event__event_type__name__in=done),
            ),
            0,
        )
    )
    wrong = lines.filter(quantity__lt=F("done") + Coalesce(F("num_allocated"), 0))
    for number, pk, done, held, quantity in wrong.values_list(
        "order__number", "pk", "done", "num_allocated", "quantity"
    ):
        yield f"I9 order {number}, line {pk}: {done} sent or given up and {held or 0} allocated of {quantity}"


@invariant
def histories_end_at_the_status() -> Iterator[str]:
    """I10: the last status change in an order's history leads to its current status."""
    last = (
        OrderEvent.objects.filter(order=OuterRef("pk"), kind=OrderEvent.Kind.STATUS)
        .order_by("-created_at", "-pk")
        .values("new_status")[:1]
    )
    orders = get_model("order", "Order").objects.annotate(last=Subquery(last))
    wrong = orders.exclude(last=None).exclude(last=F("status"))
    for number, status, told in wrong.values_list("number", "status", "last"):
        yield f"I10 order {number} is {status}, but its history ends at {told}"


@invariant
def returns_ask_for_no_more_than_was_sent() -> Iterator[str]:
    """I11: units returned, or requested for return, never exceed the units sent."""
    restocked = get_model("order", "ShippingEventQuantity").objects.filter(
        event__event_type__name=CAME_BACK
    )
    asked = defaultdict(
        int, restocked.values_list("line").annotate(Sum("quantity")).order_by("line")
    )
    rows = ReturnLine.objects.exclude(request__state=ReturnRequest.State.REFUSED)
    for line_id, quantity, received in rows.values_list("line", "quantity", "received"):
        asked[line_id] += quantity if received is None else received
    sent = get_model("order", "ShippingEventQuantity").objects.filter(
        event__event_type__name=SENT, line__in=asked
    )
    units = dict(sent.values_list("line").annotate(Sum("quantity")).order_by("line"))
    for line_id, count in asked.items():
        if count > units.get(line_id, 0):
            yield f"I11 line {line_id}: {count} returned or requested, {units.get(line_id, 0)} sent"


@invariant
def document_numbers_have_no_gap() -> Iterator[str]:
    """I20: the documents of each kind and year are as many as their counter says."""
    kinds = CommercialDocument.objects.values_list("kind", "number")
    issued = Counter((kind, int(number.split("-")[1])) for kind, number in kinds.iterator())
    counters = {(row.kind, row.year): row.last for row in DocumentCounter.objects.all()}
    for kind, year in sorted(issued.keys() | counters.keys()):
        last, count = counters.get((kind, year), 0), issued[kind, year]
        if last != count:
            yield f"I20 {kind} {year}: {count} issued, the counter is at {last}"


@invariant
def documents_add_up() -> Iterator[str]:
    """I21: an invoice's net and tax add up to its gross, and its credit notes never exceed it."""
    rows = CommercialDocument.objects.exclude(kind=DocumentKind.PACKING_SLIP)
    left: defaultdict[int, Decimal] = defaultdict(Decimal)
    for number, kind, order_id, facts in rows.values_list("number", "kind", "order", "facts"):
        net, tax, gross = (Decimal(facts[name]) for name in ("net", "tax", "gross"))
        if net + tax != gross or gross != sum(Decimal(line["gross"]) for line in facts["lines"]):
            yield f"I21 {number}: {net} and {tax}, or the lines, do not add up to {gross}"
        left[order_id] += gross if kind == DocumentKind.INVOICE else -gross
    for order_id, amount in left.items():
        if amount < 0:
            yield f"I21 order {order_id}: credit notes exceed the invoice by {-amount}"


@invariant
def histories_of_stock_end_where_it_stands() -> Iterator[str]:
    """I22: the last change in a stock record's history leads to its numbers; one without is old."""
    last = StockChange.objects.filter(stockrecord=OuterRef("pk")).order_by("-pk")
    records = get_model("partner", "StockRecord").objects.annotate(
        last=Subquery(last.values("pk")[:1]),
        told_in_stock=Subquery(last.values("in_stock_after")[:1]),
        told_allocated=Subquery(last.values("allocated_after")[:1]),
    )
    rows = records.exclude(last=None).values_list(
        "pk", "num_in_stock", "num_allocated", "told_in_stock", "told_allocated"
    )
    for pk, in_stock, allocated, told_in_stock, told_allocated in rows:
        is_so = (in_stock or 0, allocated or 0) == (told_in_stock or 0, told_allocated or 0)
        if not is_so:
            yield (
                f"I22 stock record {pk}: {in_stock} in stock, {allocated} allocated; its history "
                f"ends at {told_in_stock}, {told_allocated}"
            )
