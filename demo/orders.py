"""Loads sixty days of past orders, to fill dashboards, accounts and bestseller lists.

Writes Oscar's models directly, without mails and without a payment gateway.
"""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.sites.models import Site
from django.db import transaction
from django.db.models import F
from oscar.core.loading import get_model

from commerce.clock import shop_time
from commerce.documents.issuing import issue_invoice, issue_packing_slip
from commerce.models import DeliveryMethod, OrderEvent, OrderPromise, StockChange, User
from commerce.orders.pipeline import new_order_number
from commerce.orders.shipments import parcels_of
from commerce.pricing.delivery import arrival_of, delivery_charge, offered_delivery
from commerce.pricing.parcels import parcel_of
from commerce.stock.history import record_stock_changes
from commerce.stock.selling import DETAILS, is_shipped
from commerce.taxes.rates import TaxRates
from commerce.taxes.treatments import Destination
from demo import files
from demo.parcels import write_parcels, write_returns

Line = get_model("order", "Line")
LinePrice = get_model("order", "LinePrice")
Order = get_model("order", "Order")
OrderStatusChange = get_model("order", "OrderStatusChange")
ProductRecord = get_model("analytics", "ProductRecord")
ShippingAddress = get_model("order", "ShippingAddress")
Source = get_model("payment", "Source")
SourceType = get_model("payment", "SourceType")
StockRecord = get_model("partner", "StockRecord")
Transaction = get_model("payment", "Transaction")

SOURCE_TYPE = "Demo history"
ORDERS = 90
DAYS = 60
#: Indexes of the orders that were cancelled before packing.
CANCELLED = (23, 61)
#: Weight of forms that the customer reviewed, compared with 1 for others.
REVIEWED_WEIGHT = 20
PIPELINE = ("Pending payment", "Paid", "Packing", "Shipped", "Delivered")
OPEN = ("Paid", "Packing")


@dataclass(frozen=True)
class Shop:
    """What past orders are drawn from: ``records`` are those to sell of each product, by its code.

    ``reviews`` are the keys of the customers who reviewed each product, ``addresses`` the rows of
    customers.toml, ``carriers`` those that parcels leave with, ``words`` what customers and staff
    wrote, as in the section ``history`` of shop.toml.
    """

    name: str
    records: dict[str, list[Any]]
    reviews: dict[str, set[str]]
    addresses: dict[str, Any]
    carriers: tuple[str, ...]
    words: dict[str, str]


@dataclass
class PastOrder:
    """A random order before it is written."""

    number: str
    customer: User
    address: list[str]
    placed: datetime
    status: str
    items: list[tuple[Any, int]]  # (stock record, quantity)
    method: DeliveryMethod

    @property
    def goods(self) -> Decimal:
        return sum((record.price * quantity for record, quantity in self.items), Decimal(0))

    @property
    def charge(self) -> Decimal:
        parcel = parcel_of((record, record.product, n) for record, n in self.items)
        return delivery_charge(self.method, self.goods, parcel)


@transaction.atomic
def load_orders(customers: dict[str, User], *, at: datetime, shop: Shop | None = None) -> int:
    """Load ninety orders of the sixty days before ``at``, once. Returns the number of orders written.

    Stock records get the allocation of their open order lines, and keep the same available stock.
    """
    source_type, is_new = SourceType.objects.get_or_create(name=SOURCE_TYPE)
    if not is_new and Source.objects.filter(source_type=source_type).exists():
        return 0
    shop = shop or saltmarsh()
    past = _draw_orders(customers, shop, at=at)
    orders = _write_orders(past)
    _write_lines(past, orders)
    _write_payments(past, orders, source_type)
    _write_history(past, orders, shop, at=at)
    _allocate(past)
    _count_purchases(past)
    _issue_documents(Order.objects.filter(number__in=orders).order_by("date_placed", "pk"))
    return len(past)


def _issue_documents(orders):
    """Issue invoices for paid orders and packing slips for parcels, with their past dates."""
    for order in orders:
        if order.status != "Cancelled":
            issue_invoice(order, at=order.date_placed)
    for order in orders:
        for parcel in parcels_of(order):
            issue_packing_slip(order, parcel, rest={}, at=parcel.sent_at)


def _draw_orders(customers, shop, *, at):
    """Random orders, more of them recent. Only dates and numbers differ from run to run."""
    draw = random.Random(shop.name)  # noqa: S311  reproducible, not secret
    records, addresses, keys = shop.records, shop.addresses, list(customers)
    past = []
    for index, placed in enumerate(sorted(_draw_moment(draw, at) for _ in range(ORDERS))):
        key = draw.choice(keys)
        country = addresses[key]["address"][-1]
        weights = [REVIEWED_WEIGHT if key in shop.reviews.get(code, ()) else 1 for code in records]
        forms = draw.choices(list(records), weights=weights, k=draw.choice((1, 1, 2, 2, 3, 4)))
        items = Counter[Any]()
        for form in forms:
            items[draw.choice(records[form])] += draw.choice((1, 1, 1, 2, 2, 4))
        offered = offered_delivery(country, parcel_of((r, r.product, n) for r, n in items.items()))
        offered = [method for method in offered if not method.is_pickup]
        method = draw.choices(offered, weights=(8, 2, 1)[: len(offered)])[0]
        past.append(
            PastOrder(
                number=new_order_number(),
                customer=customers[key],
                address=[addresses[key]["name"], *addresses[key]["address"]],
                placed=placed,
                status="Cancelled" if index in CANCELLED else _status_after(at - placed),
                items=list(items.items()),
                method=method,
            )
        )
    return past


def saltmarsh() -> Shop:
    """The first demo shop."""
    codes = {
        form["code"]: [files.sku(form["code"], variant["glaze"]) for variant in form["variants"]]
        for form in files.forms()
    }
    return Shop(
        name="saltmarsh",
        records=records_by_code(codes),
        reviews=reviewers_of(files.read("reviews")),
        addresses=files.read("customers"),
        carriers=("royal-mail", "dpd", "dhl"),
        words=files.read("shop")["history"],
    )


def records_by_code(skus: dict[str, list[str]]) -> dict[str, list[Any]]:
    """The stock records of ``{product code: SKUs}`` that are sent by post."""
    related = ("partner", "product__product_class", "product__parent__product_class")
    details = [f"product__{name}" for name in DETAILS]
    rows = StockRecord.objects.select_related(*related, *details)
    records = {row.partner_sku: row for row in rows if is_shipped(row.product)}
    found = {
        code: [records[sku] for sku in codes if sku in records] for code, codes in skus.items()
    }
    return {code: rows for code, rows in found.items() if rows}


def reviewers_of(reviews: dict[str, Any]) -> dict[str, set[str]]:
    """The customers who reviewed each product, from the rows of reviews.toml."""
    return {code: {key for key, *_review in rows} for code, rows in reviews.items()}


def _draw_moment(draw, at):
    days = DAYS * draw.random() ** 1.7
    moment = (at - timedelta(days=days)).replace(second=draw.randrange(60), microsecond=0)
    shifted = moment.replace(hour=draw.choice((7, 8, 12, 13, 18, 19, 20, 20, 21, 21, 22)))
    return min(shifted, at - timedelta(minutes=20 + draw.randrange(90)))


def _status_after(age):
    if age < timedelta(days=1):
        return "Paid"
    if age < timedelta(days=2):
        return "Packing"
    return "Shipped" if age < timedelta(days=5) else "Delivered"


def _write_orders(past):
    site, orders = Site.objects.get_current(), {}
    for row in past:
        taxes = _taxes_of(row)
        sums = [(record.product, record.price * quantity) for record, quantity in row.items]
        _charge, rate = taxes.delivery_price(row.charge, sums)
        shipping, total = rate.split(row.charge), row.goods + row.charge
        goods_net = sum((_net(taxes, *item) for item in row.items), Decimal(0))
        orders[row.number] = Order.objects.create(
            number=row.number,
            site=site,
            user=row.customer,
            currency=row.items[0][0].price_currency,
            total_incl_tax=total,
            total_excl_tax=goods_net + shipping.excl,
            shipping_incl_tax=row.charge,
            shipping_excl_tax=shipping.excl,
            shipping_tax_code=rate.code,
            shipping_address=_write_address(row),
            shipping_method=row.method.name,
            shipping_code=row.method.code,
            status=row.status,
            date_placed=row.placed,
        )
    return orders


def _write_address(row):
    name, street, town, postcode, country = row.address
    first, last = name.split(" ", 1)
    return ShippingAddress.objects.create(
        first_name=first,
        last_name=last,
        line1=street,
        line4=town,
        postcode=postcode,
        country_id=country,
    )


def _taxes_of(row):
    """The rates where an order went; prices there are the shop's own."""
    _name, _street, _town, postcode, country = row.address
    return TaxRates(Destination(country, postcode))


def _net(taxes, record, quantity):
    return taxes.rate_of(record.product).split(record.price * quantity).excl


def _write_lines(past, orders):
    lines = []
    for row in past:
        taxes = _taxes_of(row)
        for record, quantity in row.items:
            gross, net = record.price * quantity, _net(taxes, record, quantity)
            lines.append(
                Line(
                    order=orders[row.number],
                    partner_id=record.partner_id,
                    partner_name=record.partner.name,
                    partner_sku=record.partner_sku,
                    stockrecord=record,
                    product=record.product,
                    title=record.product.get_title(),
                    upc=record.product.upc,
                    quantity=quantity,
                    line_price_incl_tax=gross,
                    line_price_excl_tax=net,
                    line_price_before_discounts_incl_tax=gross,
                    line_price_before_discounts_excl_tax=net,
                    unit_price_incl_tax=record.price,
                    unit_price_excl_tax=_net(taxes, record, 1),
                    tax_code=taxes.rate_of(record.product).code,
                    status=row.status,
                    num_allocated=quantity if row.status in OPEN else 0,
                    allocation_cancelled=row.status == "Cancelled",
                )
            )
    Line.objects.bulk_create(lines)
    LinePrice.objects.bulk_create(
        LinePrice(
            order_id=line.order_id,
            line=line,
            quantity=line.quantity,
            price_incl_tax=line.unit_price_incl_tax,
            price_excl_tax=line.unit_price_excl_tax,
        )
        for line in Line.objects.filter(order__in=orders.values())
    )


def _write_payments(past, orders, source_type):
    for row in past:
        order = orders[row.number]
        source = Source.objects.create(
            order=order,
            source_type=source_type,
            currency=order.currency,
            amount_allocated=order.total_incl_tax,
            amount_debited=order.total_incl_tax,
            amount_refunded=order.total_incl_tax if row.status == "Cancelled" else Decimal(0),
            reference=f"demo-{row.number}",
            label="Demo",
        )
        moves = ["Debit", "Refund"] if row.status == "Cancelled" else ["Debit"]
        written = Transaction.objects.bulk_create(
            Transaction(
                source=source,
                txn_type=move,
                amount=order.total_incl_tax,
                reference=f"demo-{row.number}-{move.lower()}",
                status="succeeded",
            )
            for move in moves
        )
        references = [transaction.reference for transaction in written]
        Transaction.objects.filter(source=source, reference__in=references).update(
            date_created=row.placed + timedelta(minutes=1)
        )


def _write_history(past, orders, shop, *, at):
    """Write each order's status changes and promised delivery dates."""
    changes, moments, promises = [], {}, []
    for row in past:
        order = orders[row.number]
        with shop_time(row.placed):
            arrival = arrival_of(row.method)
        if arrival:
            promises.append(
                OrderPromise(order=order, arrives_from=arrival.first, arrives_until=arrival.last)
            )
        steps = (
            ("Pending payment", "Paid", "Cancelled")
            if row.status == "Cancelled"
            else PIPELINE[: PIPELINE.index(row.status) + 1]
        )
        after = (timedelta(minutes=1), timedelta(hours=16), timedelta(hours=30), timedelta(days=3))
        for old, new, wait in zip(steps, steps[1:], after, strict=False):
            changes.append(OrderStatusChange(order=order, old_status=old, new_status=new))
            moments[order.pk, new] = min(row.placed + wait, at)
    OrderPromise.objects.bulk_create(promises)
    OrderStatusChange.objects.bulk_create(changes)
    stored = list(OrderStatusChange.objects.filter(order__in=orders.values()))
    for change in stored:
        change.date_created = moments[change.order_id, change.new_status]
    OrderStatusChange.objects.bulk_update(stored, ["date_created"])
    _write_events(stored)
    write_parcels(orders.values(), moments, shop.carriers, text=shop.words["parcel"])
    write_returns(list(orders.values()), shop.words, at=at)


def _write_events(changes):
    """Write the status changes as events for the dashboard, without an actor."""
    OrderEvent.objects.bulk_create(
        OrderEvent(
            order_id=change.order_id,
            kind=OrderEvent.Kind.STATUS,
            old_status=change.old_status,
            new_status=change.new_status,
            created_at=change.date_created,
        )
        for change in changes
    )


def _allocate(past):
    """Allocate the stock of open orders on top of the available stock."""
    held = Counter[int]()
    for row in past:
        if row.status in OPEN:
            for record, quantity in row.items:
                held[record.pk] += quantity
    records = list(StockRecord.objects.filter(pk__in=held).order_by("pk"))
    for record in records:
        StockRecord.objects.filter(pk=record.pk).update(
            num_in_stock=F("num_in_stock") + held[record.pk],
            num_allocated=F("num_allocated") + held[record.pk],
        )
    after = {
        record.pk: (
            (record.num_in_stock or 0) + held[record.pk],
            (record.num_allocated or 0) + held[record.pk],
        )
        for record in records
    }
    record_stock_changes(StockChange.Kind.IMPORTED, records, after)


def _count_purchases(past):
    """Count purchases, the sort key of "recommended" lists."""
    sold: dict[int, int] = defaultdict(int)
    for row in past:
        for record, quantity in row.items:
            if row.status != "Cancelled":
                for pk in {record.product_id, record.product.parent_id} - {None}:
                    sold[pk] += quantity
    known = set(ProductRecord.objects.filter(product__in=sold).values_list("product", flat=True))
    ProductRecord.objects.bulk_create(
        ProductRecord(product_id=pk, num_purchases=units)
        for pk, units in sorted(sold.items())
        if pk not in known
    )
