"""Past orders, for the customer's account and the shop's statistics.

They reserve no stock, cost no money, send no mail and get no documents: the old shop has done all
that. Several rows with one number are one order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.sites.models import Site
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.bulk_sql import literal_in
from commerce.imports.kinds.base import Rows, Undone
from commerce.imports.kinds.flat import FlatKind, in_batches, matched
from commerce.imports.product_states import State, chunks, moment_text
from commerce.imports.records import ReadOptions, Record
from commerce.imports.tables import Table
from commerce.imports.widgets import (
    AmountWidget,
    EmailWidget,
    MomentWidget,
    Sheet,
    SkuWidget,
    TextWidget,
    UnitsWidget,
    column,
)
from commerce.models import User
from commerce.money import round_money
from commerce.order_statuses import CANCELLED, DELIVERED, REFUNDED
from commerce.shop_settings.current import current_shop

STATUSES = {
    "": DELIVERED, "fulfilled": DELIVERED, "delivered": DELIVERED, "completed": DELIVERED,
    "complete": DELIVERED, "shipped": DELIVERED, "paid": DELIVERED, "cancelled": CANCELLED,
    "canceled": CANCELLED, "refunded": REFUNDED,
}  # fmt: skip
#: The values of one line, in the state's list.
LINE = ("sku", "item", "quantity", "unit_price", "item_discount")


class OrderSheet(Sheet):
    """The columns of orders; the last ones describe an item."""

    number = column("number", TextWidget(128, is_required=True))
    date = column("date", MomentWidget())
    email = column("email", EmailWidget(254))
    status = column("status", TextWidget(60))
    currency = column("currency", TextWidget(3))
    shipping = column("shipping", AmountWidget())
    discount = column("discount", AmountWidget())
    tax = column("tax", AmountWidget())
    total = column("total", AmountWidget())
    sku = column("sku", SkuWidget())
    item = column("item", TextWidget())
    quantity = column("quantity", UnitsWidget())
    unit_price = column("unit_price", AmountWidget())
    item_discount = column("item_discount", AmountWidget())


class OrderKind(FlatKind):
    """Orders by their number. An order that the shop has is never changed."""

    name = "orders"
    permissions = ("order.add_order", "order.change_order", "commerce.view_user")
    sheet_class = OrderSheet
    keys = ("number",)
    export_permissions = ("order.view_order", "order.change_order")
    price_columns = ("unit_price", "total", "shipping")
    formats = {
        "shopify": (
            "Shopify",
            {
                "Name": "number", "Created at": "date", "Email": "email",
                "Financial Status": "status", "Currency": "currency", "Shipping": "shipping",
                "Discount Amount": "discount", "Taxes": "tax", "Total": "total",
                "Lineitem sku": "sku", "Lineitem name": "item", "Lineitem quantity": "quantity",
                "Lineitem price": "unit_price", "Lineitem discount": "item_discount",
            },
        )
    }  # fmt: skip

    def defaults(self) -> State:
        """See ``FlatKind``."""
        return {"date": None, "email": "", "status": "", "currency": "", "shipping": None,
                "discount": None, "tax": None, "total": None, "lines": []}  # fmt: skip

    def read(self, profile: str, table: Table, options: ReadOptions) -> Iterator[Record]:
        """See ``Kind``: rows with the number of an earlier row add an item to its order."""
        mapping = {n: to for n, to in self.mapping(profile, options).items() if n in table.columns}
        orders: dict[str, Record] = {}
        for row in table.rows:
            record = self.read_row(row, mapping, options)
            values = record.values
            line = {name: values.pop(name, None) for name in LINE}
            number = values.get("number", "")
            order = orders.setdefault(number or f"\x00{row.line}", record)
            if order is not record:
                order.problems += record.problems
            if line["quantity"] or line["item"] or line["sku"]:
                self._check_line(order, row.line, line)
                order.values.setdefault("lines", []).append(line)
        yield from orders.values()

    @staticmethod
    def _check_line(record: Record, row: int, line: dict[str, Any]) -> None:
        if not line["quantity"]:
            record.refuse(row, "quantity", _("The item has no quantity."))
        if line["unit_price"] is None:
            record.refuse(row, "unit_price", _("The item has no price."))
        if not (line["item"] or line["sku"]):
            record.refuse(row, "item", _("The item has neither a name nor a SKU."))

    def find(self, states: Sequence[State], options: ReadOptions) -> list[tuple[int, State] | None]:
        """See ``FlatKind``."""
        rows: dict[str, tuple[int, State]] = {}
        for chunk in chunks([state["number"] for state in states]):
            keys = get_model("order", "Order").objects.filter(number__in=chunk)
            for key, found in self.states(list(keys.values_list("pk", flat=True))).items():
                rows[found["number"]] = (key, found)
        return matched(states, rows, lambda state: state["number"])

    def states(self, keys: Sequence[int]) -> dict[int, State]:
        """See ``FlatKind``."""
        rows = get_model("order", "Order").objects.filter(pk__in=literal_in(keys))
        found = {}
        for row in rows.select_related("user").prefetch_related("lines"):
            lines = sorted(row.lines.all(), key=lambda line: line.pk)
            found[row.pk] = {
                "number": row.number, "date": moment_text(row.date_placed),
                "email": row.email or "", "status": row.status, "currency": row.currency,
                "shipping": f"{row.shipping_incl_tax:.2f}", "discount": None,
                "tax": f"{row.total_incl_tax - row.total_excl_tax:.2f}",
                "total": f"{row.total_incl_tax:.2f}",
                "lines": [_line_state(line) for line in lines],
            }  # fmt: skip
        return found

    def settle(self, state: State, before: State | None, record: Record, facts: Any) -> State:
        """See ``FlatKind``: the parts must add up to the total."""
        if before is not None:
            given = record.values.get("total")
            if given is not None and given != before["total"]:
                text = _("The shop has another order with this number.")
                record.refuse(record.line, "number", text)
            return before
        status = STATUSES.get(state["status"].casefold())
        if status is None and state["status"] in STATUSES.values():
            status = state["status"]
        if status is None:
            text = _("Orders that are “%(status)s” cannot be imported; finish them first.")
            record.refuse(record.line, "status", text % {"status": state["status"]})
        if not state["date"]:
            record.refuse(record.line, "date", _("The order has no date."))
        if not state["lines"]:
            record.refuse(record.line, "item", _("The order has no items."))
        if record.problems:
            return state
        state |= {"status": status, "currency": state["currency"] or current_shop().currency}
        _add_up(state, record)
        return state

    def create(self, state: State, options: ReadOptions) -> int:
        """See ``FlatKind``."""
        user = User.objects.filter(email=state["email"]).first() if state["email"] else None
        total, shipping = Decimal(state["total"]), Decimal(state["shipping"])
        rate = (total - Decimal(state["tax"])) / total if total else Decimal(1)
        order = get_model("order", "Order").objects.create(
            number=state["number"], site=Site.objects.get_current(), user=user,
            guest_email="" if user else state["email"], currency=state["currency"],
            total_incl_tax=total, total_excl_tax=total - Decimal(state["tax"]),
            shipping_incl_tax=shipping, shipping_excl_tax=round_money(shipping * rate),
            status=state["status"], date_placed=datetime.fromisoformat(state["date"]),
        )  # fmt: skip
        records = _records_of(state["lines"])
        get_model("order", "Line").objects.bulk_create(
            _line(order, line, rate, records) for line in state["lines"]
        )
        state |= self.states([order.pk])[order.pk]
        return order.pk

    def update(self, key: int, before: State, after: State) -> None:
        """See ``FlatKind``: never happens."""

    def may_undo(self, row: Undone) -> bool:
        """See ``FlatKind``: an order with documents, returns or payments stays."""
        order = get_model("order", "Order").objects.filter(pk=row.object_id).first()
        if order is None:
            return False
        return not any(rows.exists() for rows in (order.sources, order.documents, order.returns))

    def delete(self, key: int) -> None:
        """See ``FlatKind``."""
        get_model("order", "Order").objects.get(pk=key).delete()

    def rows(self) -> Rows:
        """See ``FlatKind``: one row per item."""
        yield list(self.sheet.get_export_headers())
        for keys in self.all_keys():
            states = self.states(keys)
            for key in keys:
                state = states[key]
                for number, line in enumerate(state["lines"]):
                    top = state if number == 0 else {"number": state["number"]}
                    yield list(self.sheet.export_resource({**top, **line}))

    def all_keys(self) -> Iterator[list[int]]:
        """See ``FlatKind``."""
        return in_batches(get_model("order", "Order").objects.all())


def _line_state(line: Any) -> State:
    price = line.unit_price_incl_tax if line.unit_price_incl_tax is not None else Decimal(0)
    return {
        "sku": line.partner_sku, "item": line.title, "quantity": line.quantity,
        "unit_price": f"{price:.2f}",
        "item_discount": f"{price * line.quantity - line.line_price_incl_tax:.2f}",
    }  # fmt: skip


def _add_up(state: State, record: Record) -> None:
    """Spread the order's discount over its items, and compare the sum with the total."""
    lines = state["lines"]
    for line in lines:
        line["item_discount"] = line["item_discount"] or "0.00"
    goods = sum((_paid(line) for line in lines), Decimal(0))
    discount = Decimal(state["discount"] or 0)
    rest = min(discount, goods)
    for number, line in enumerate(lines, 1):
        share = rest if number == len(lines) else Decimal(0)
        if goods and number < len(lines):
            share = min(round_money(discount * _paid(line) / goods), rest)
        rest -= share
        line["item_discount"] = f"{Decimal(line['item_discount']) + share:.2f}"
    shipping = Decimal(state["shipping"] or 0)
    found = sum((_paid(line) for line in lines), Decimal(0)) + shipping
    total = Decimal(state["total"]) if state["total"] is not None else found
    tax = Decimal(state["tax"] or 0)
    if found + tax == total and tax:
        _add_tax(lines, tax, total)
        found = sum((_paid(line) for line in lines), Decimal(0)) + shipping
    if found != total:
        text = _("The total is %(total)s, but items and delivery add up to %(sum)s.")
        record.refuse(record.line, "total", text % {"total": total, "sum": found})
    state |= {
        "discount": None, "shipping": f"{shipping:.2f}", "total": f"{total:.2f}",
        "tax": f"{tax:.2f}",
    }  # fmt: skip


def _paid(line: Mapping[str, Any]) -> Decimal:
    units = Decimal(line["unit_price"]) * int(line["quantity"])
    return units - Decimal(line["item_discount"])


def _add_tax(lines: list[State], tax: Decimal, total: Decimal) -> None:
    """Prices without tax: the tax becomes an item of its own, so that the order adds up."""
    lines.append({
        "sku": "", "item": _("Tax"), "quantity": 1, "unit_price": f"{tax:.2f}",
        "item_discount": "0.00",
    })  # fmt: skip


def _records_of(lines: Sequence[State]) -> dict[str, Any]:
    """The stock records of items by SKU."""
    rows = get_model("partner", "StockRecord").objects.select_related("partner")
    rows = rows.filter(partner_sku__in=[line["sku"] for line in lines if line["sku"]])
    return {row.partner_sku: row for row in rows.order_by("-pk")}


def _line(order: Any, line: State, rate: Decimal, records: Mapping[str, Any]) -> Any:
    record = records.get(line["sku"])
    price, units, paid = Decimal(line["unit_price"]), line["quantity"], _paid(line)
    return get_model("order", "Line")(
        order=order, partner=record.partner if record else None,
        partner_name=record.partner.name if record else "", partner_sku=line["sku"] or "",
        stockrecord=record, product_id=record.product_id if record else None,
        title=(line["item"] or line["sku"])[:255], upc=line["sku"] or None, quantity=units,
        line_price_incl_tax=paid, line_price_excl_tax=round_money(paid * rate),
        line_price_before_discounts_incl_tax=price * units,
        line_price_before_discounts_excl_tax=round_money(price * units * rate),
        unit_price_incl_tax=price, unit_price_excl_tax=round_money(price * rate),
        status=order.status, num_allocated=0,
    )  # fmt: skip
