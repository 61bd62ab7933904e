"""Writes prices, sale prices and stock of imported products, with their histories."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from oscar.core.loading import get_model

from commerce.actor import staff_actor
from commerce.audit.log import record_change
from commerce.audit.order_history import display_name
from commerce.bulk_sql import literal_in, update_rows
from commerce.imports.changes import Change, inserted
from commerce.imports.product_states import State
from commerce.models import AuditEntry, SalePrice, StockChange
from commerce.shop_settings.current import current_shop
from commerce.stock.history import Cause, record_stock_changes
from commerce.stock.low_stock import update_low_stock_alerts

NO_STOCK = {"price": None, "sale": None, "stock": None}


def write_stock(changes: Sequence[Change]) -> None:
    """Write what differs in the variants of these changes. Changed records are locked and saved."""
    wanted: dict[int, tuple[str, State, State]] = {}
    for change in changes:
        before = change.before["variants"] if change.before else {}
        for sku, after in change.state["variants"].items():
            old = before.get(sku, NO_STOCK)
            if any(old[name] != after[name] for name in NO_STOCK) or sku not in before:
                wanted[change.variant_ids[sku]] = (sku, old, after)
    records = _locked(wanted)
    _create({pk: wanted[pk] for pk in wanted if pk not in records}, records)
    _update(
        (records[pk], old, after)
        for pk, (_sku, old, after) in wanted.items()
        if old is not NO_STOCK
    )
    _write_sales([(records[pk], old, after) for pk, (_sku, old, after) in wanted.items()])


def _locked(product_ids: Iterable[int]) -> dict[int, Any]:
    """The first stock record of each product, locked in the order of keys."""
    rows = get_model("partner", "StockRecord").objects.select_for_update()
    rows = rows.filter(product__in=literal_in(product_ids)).order_by("pk")
    found: dict[int, Any] = {}
    for row in rows:
        found.setdefault(row.product_id, row)
    # The audit log names them. Not joined above: a join would lock the other tables, too.
    partners = get_model("partner", "Partner").objects.in_bulk()
    products = get_model("catalogue", "Product").objects.filter(pk__in=literal_in(found))
    for product in products.select_related("parent"):
        record = found[product.pk]
        record.product, record.partner = product, partners[record.partner_id]
    return found


def _create(wanted: dict[int, tuple[str, State, State]], records: dict[int, Any]) -> None:
    if not wanted:
        return
    StockRecord, Partner = get_model("partner", "StockRecord"), get_model("partner", "Partner")
    shop = current_shop()
    partner = Partner.objects.order_by("pk").first() or Partner.objects.create(name=shop.name)
    rows = [
        StockRecord(
            product_id=pk,
            partner=partner,
            partner_sku=sku,
            price_currency=shop.currency,
            price=_decimal(after["price"]),
            num_in_stock=after["stock"],
            num_allocated=0,
        )
        for pk, (sku, _old, after) in wanted.items()
    ]
    made = inserted(rows)
    records.update({row.product_id: row for row in made})
    before = [StockRecord(pk=row.pk, partner_sku=row.partner_sku) for row in made]
    after = {row.pk: (row.num_in_stock, 0) for row in made}
    record_stock_changes(StockChange.Kind.CREATED, before, after, Cause(user=staff_actor()))
    _log_added(made)


def _log_added(records: Sequence[Any]) -> None:
    """Log new prices and stock as ``commerce.audit`` does for forms, in one query."""
    user = staff_actor()
    AuditEntry.objects.bulk_create(
        AuditEntry(
            kind="partner.stockrecord",
            object_id=str(record.pk),
            about=record.partner_sku[:255],
            act=AuditEntry.Act.ADDED,
            changes={
                "price": [None, None if record.price is None else f"{record.price:.2f}"],
                "num_in_stock": [None, str(record.num_in_stock)],
            },
            user=user,
            actor=display_name(user),
        )
        for record in records
    )


def _update(wanted: Iterable[tuple[Any, State, State]]) -> None:
    """Apply what differs to the current numbers, so that orders placed meanwhile count."""
    StockRecord = get_model("partner", "StockRecord")
    before, after, changes = [], {}, []
    for record, old, new in wanted:
        was = {"price": record.price, "num_in_stock": record.num_in_stock}
        stock_before = StockRecord(
            pk=record.pk, partner_sku=record.partner_sku, num_in_stock=record.num_in_stock,
            num_allocated=record.num_allocated,
        )  # fmt: skip
        if old["price"] != new["price"]:
            record.price = _decimal(new["price"])
        if old["stock"] != new["stock"]:
            record.num_in_stock = new["stock"]
        now = {"price": record.price, "num_in_stock": record.num_in_stock}
        if now != was:
            before.append(stock_before)
            after[record.pk] = (record.num_in_stock, record.num_allocated)
            changes.append((record, was, now))
    moment = timezone.now()
    update_rows(
        StockRecord,
        ("price", "num_in_stock", "date_updated"),
        [(row.price, row.num_in_stock, moment, row.pk) for row, _was, _now in changes],
    )
    for record, was, now in changes:
        record_change(record, was, now)
    record_stock_changes(StockChange.Kind.IMPORTED, before, after)
    if after:
        update_low_stock_alerts(list(after))


def _write_sales(rows: Iterable[tuple[Any, State, State]]) -> None:
    for record, old, after in rows:
        if old["sale"] == after["sale"]:
            continue
        if old["sale"]:
            price, start, _until = old["sale"]
            same = SalePrice.objects.filter(stockrecord=record, price=price)
            for sale in same:
                if sale.start.replace(microsecond=0) == datetime.fromisoformat(start):
                    sale.delete()
        if after["sale"]:
            price, start, until = after["sale"]
            SalePrice.objects.create(
                stockrecord=record,
                price=Decimal(price),
                start=datetime.fromisoformat(start),
                until=datetime.fromisoformat(until) if until else None,
            )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
