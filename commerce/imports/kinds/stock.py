"""Stock and prices of existing SKUs: a short file for daily use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from oscar.core.loading import get_model

from commerce.imports.changes import Change
from commerce.imports.kinds.base import Plan, Profile, Undone
from commerce.imports.kinds.products import owners_of
from commerce.imports.pictures import PictureFiles
from commerce.imports.product_merging import sale_state
from commerce.imports.product_states import Existing, states_of
from commerce.imports.records import ReadOptions, Record, Sale
from commerce.imports.stock_writing import write_stock
from commerce.imports.tables import Table
from commerce.imports.widgets import (
    MomentWidget,
    PriceWidget,
    Sheet,
    SkuWidget,
    UnitsWidget,
    column,
)
from commerce.index.refresh_queue import refresh_changed
from commerce.models import User

PARTS = ("price", "sale", "stock")


@dataclass
class StockLine:
    """A row of the file; None if it does not say."""

    sku: str = ""
    price: Decimal | None = None
    sale_price: Decimal | None = None
    sale_from: datetime | None = None
    sale_until: datetime | None = None
    stock: int | None = None


class StockSheet(Sheet):
    """The columns of stock and prices."""

    sku = column("sku", SkuWidget())
    price = column("price", PriceWidget())
    sale_price = column("sale_price", PriceWidget())
    sale_from = column("sale_from", MomentWidget())
    sale_until = column("sale_until", MomentWidget(is_end=True))
    stock = column("stock", UnitsWidget())


@cache
def stock_sheet() -> StockSheet:
    """The columns; building them takes long."""
    return StockSheet()


class StockKind:
    """Changes prices and stock by SKU. Unknown SKUs are refused."""

    name = "stock"
    permissions = ("partner.change_stockrecord",)

    def may_import(self, user: User) -> bool:
        """See ``Kind``."""
        return True

    def profiles(self) -> Mapping[str, Profile]:
        """See ``Kind``."""
        label = gettext_lazy("Plain: any CSV or XLSX file")
        return {
            "plain": Profile("plain", label, price_columns=("price", "sale_price"), is_mapped=True)
        }

    def detect(self, columns: tuple[str, ...]) -> str:
        """See ``Kind``."""
        return "plain"

    def known_columns(self) -> list[str]:
        """See ``Kind``."""
        return StockSheet.column_names()

    def read(self, profile: str, table: Table, options: ReadOptions) -> Iterator[Record]:
        """See ``Kind``."""
        mapping = {name: to for name, to in options.mapping.items() if name in table.columns}
        columns = {to: name for name, to in mapping.items()}
        lines: dict[str, int] = {}
        for row in table.rows:
            record, line = Record(row.line, row[columns.get("sku", "")]), StockLine()
            for name in sorted(row.formulas & mapping.keys()):
                text = _("The cell contains a formula. Save it as a value.")
                record.refuse(row.line, name, text)
            cells = {to: row[name] for name, to in mapping.items()}
            stock_sheet().read_into(line, cells, record, row.line, options, columns)
            record.identity = line.sku
            if not line.sku:
                record.refuse(row.line, columns.get("sku", "sku"), _("The row has no SKU."))
            elif other := lines.get(line.sku.casefold()):
                text = _("Row %(line)d already has “%(sku)s”.")
                facts = {"sku": line.sku, "line": other}
                record.refuse(row.line, columns["sku"], text % facts)
            lines.setdefault(line.sku.casefold(), row.line)
            record.values = {"line": line, "has_sale": "sale_price" in columns}
            yield record

    def plan(self, records: Sequence[Record], files: PictureFiles | None) -> list[Plan]:
        """See ``Kind``."""
        owners = owners_of({record.identity for record in records if record.identity})
        found = states_of(set(owners.values()))
        plans = []
        for record in records:
            product = found.get(owners.get(record.identity.casefold(), 0))
            rows = product.state["variants"] if product else {}
            sku = next((s for s in rows if s.casefold() == record.identity.casefold()), None)
            if product is None or sku is None:
                if record.identity:
                    text = _("The shop has no SKU %(sku)s.") % {"sku": record.identity}
                    record.refuse(record.line, "sku", text)
                plans.append(Plan(record, None, None))
                continue
            before = {part: rows[sku][part] for part in PARTS}
            after = _after(record, before)
            existing = (product, sku)
            plans.append(Plan(record, before, after, existing, product.variant_ids[sku]))
        return plans

    def load_files(self, plans: Sequence[Plan], files: PictureFiles | None) -> None:
        """See ``Kind``: nothing."""

    def write(self, plans: Sequence[Plan]) -> None:
        """See ``Kind``."""
        _write([(*plan.existing, plan.before, plan.after) for plan in plans])

    def revert(self, rows: Sequence[Undone]) -> list[bool]:
        """See ``Kind``."""
        places = _places([row.object_id for row in rows])
        changes, outcome = [], []
        for row in rows:
            place = places.get(row.object_id)
            now = place and {part: place[0].state["variants"][place[1]][part] for part in PARTS}
            outcome.append(now == row.after)
            if place and outcome[-1]:
                changes.append((*place, row.after, row.before))
        _write(changes)
        return outcome


def _after(record: Record, before: dict[str, Any]) -> dict[str, Any]:
    line: StockLine = record.values["line"]
    after = dict(before)
    if line.price is not None:
        after["price"] = f"{line.price:.2f}"
    if line.stock is not None:
        after["stock"] = line.stock
    if record.values["has_sale"]:
        sale = Sale(line.sale_price, line.sale_from, line.sale_until) if line.sale_price else None
        after["sale"] = sale_state(sale, before)
    if after["sale"] and after["price"] and Decimal(after["sale"][0]) >= Decimal(after["price"]):
        text = _("The sale price %(sale)s is not below the price %(price)s.")
        facts = {"sale": after["sale"][0], "price": after["price"]}
        record.refuse(record.line, "sale_price", text % facts)
    return after


def _places(product_ids: Sequence[int]) -> dict[int, tuple[Existing, str]]:
    """The product and the SKU of each key of a variant or of a product without variants."""
    rows = get_model("catalogue", "Product").objects.filter(pk__in=product_ids)
    parents = {pk: parent or pk for pk, parent in rows.values_list("pk", "parent_id")}
    found = states_of(set(parents.values()))
    return {
        pk: (existing, sku)
        for existing in found.values()
        for sku, pk in existing.variant_ids.items()
    }


def _write(rows: Sequence[tuple[Existing, str, Any, Any]]) -> None:
    changes = []
    for product, sku, before, after in rows:
        part = Existing(
            product.product_id, product.slug, product.class_id, {"variants": {sku: before}}
        )
        change = Change({"variants": {sku: after}}, part, product_id=product.product_id)
        change.variant_ids = {sku: product.variant_ids[sku]}
        changes.append(change)
    write_stock(changes)
    refresh_changed({product.product_id for product, *_rest in rows}, prices_only=True)
