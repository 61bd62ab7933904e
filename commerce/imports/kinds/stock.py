"""Stock and prices of existing SKUs: a short file for daily use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.imports.bundles import bundled, restore_stock
from commerce.imports.changes import Change
from commerce.imports.exporting import every_product, sku_cell
from commerce.imports.kinds.base import Plan, Rows, Undone
from commerce.imports.kinds.products import owners_of
from commerce.imports.kinds.sheets import SheetKind
from commerce.imports.pictures import PictureFiles
from commerce.imports.product_merging import sale_state
from commerce.imports.product_states import Existing, states_of
from commerce.imports.records import Record, Sale
from commerce.imports.stock_writing import write_stock
from commerce.imports.widgets import (
    MomentWidget,
    PriceWidget,
    Sheet,
    SkuWidget,
    UnitsWidget,
    column,
)
from commerce.index.refresh_queue import refresh_changed

PARTS = ("price", "sale", "stock")


class StockSheet(Sheet):
    """The columns of stock and prices."""

    sku = column("sku", SkuWidget())
    price = column("price", PriceWidget())
    sale_price = column("sale_price", PriceWidget())
    sale_from = column("sale_from", MomentWidget())
    sale_until = column("sale_until", MomentWidget(is_end=True))
    stock = column("stock", UnitsWidget())


class StockKind(SheetKind):
    """Changes prices and stock by SKU. Unknown SKUs are refused."""

    name = "stock"
    permissions = ("partner.change_stockrecord",)
    export_permissions = ("partner.view_stockrecord",)
    sheet_class = StockSheet
    keys = ("sku",)
    price_columns = ("price", "sale_price")

    def plan(self, records: Sequence[Record], files: PictureFiles | None) -> list[Plan]:
        """See ``Kind``."""
        owners = owners_of({record.identity for record in records if record.identity})
        found = states_of(set(owners.values()))
        bundles = bundled([pk for one in found.values() for pk in one.variant_ids.values()]).bundles
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
            if product.variant_ids[sku] in bundles:
                restore_stock(record, before, after)
            existing = (product, sku)
            plans.append(Plan(record, before, after, existing, product.variant_ids[sku]))
        return plans

    def write(self, plans: Sequence[Plan]) -> None:
        """See ``Kind``."""
        _write([(*plan.existing, plan.before, plan.after) for plan in plans])

    def exports(self) -> Mapping[str, Callable[[], Rows]]:
        """See ``Kind``."""
        return {"plain": self.rows}

    def left_out(self) -> list[str]:
        """See ``Kind``."""
        return []

    def rows(self) -> Rows:
        """Prices, sale prices and stock of every SKU."""
        yield list(self.sheet.get_export_headers())
        for existing in every_product():
            for sku, variant in existing.state["variants"].items():
                if not sku_cell(sku):
                    continue
                price, start, until = variant["sale"] or (None, None, None)
                line = {
                    "sku": sku, "price": variant["price"], "stock": variant["stock"],
                    "sale_price": price, "sale_from": start, "sale_until": until,
                }  # fmt: skip
                yield list(self.sheet.export_resource(line))

    def revert(self, rows: Sequence[Undone]) -> list[bool]:
        """See ``Kind``."""
        places = _places([row.object_id for row in rows])
        bundles = bundled([row.object_id for row in rows]).bundles
        changes, outcome = [], []
        for row in rows:
            place = places.get(row.object_id)
            now = place and {part: place[0].state["variants"][place[1]][part] for part in PARTS}
            before, after = row.before, row.after
            if now and before and row.object_id in bundles:
                # It follows from the parts, which may have been sold since.
                before, after = ({**state, "stock": now["stock"]} for state in (before, after))
            outcome.append(now == after)
            if place and outcome[-1]:
                changes.append((*place, after, before))
        _write(changes)
        return outcome


def _after(record: Record, before: dict[str, Any]) -> dict[str, Any]:
    given, after = record.values, dict(before)
    for part in ("price", "stock"):
        if given.get(part) is not None:
            after[part] = given[part]
    if "sale_price" in given:
        price, start, until = (given.get(n) for n in ("sale_price", "sale_from", "sale_until"))
        sale = Sale(Decimal(price), _moment(start), _moment(until)) if price else None
        after["sale"] = sale_state(sale, before)
    if after["sale"] and after["price"] and Decimal(after["sale"][0]) >= Decimal(after["price"]):
        text = _("The sale price %(sale)s is not below the price %(price)s.")
        facts = {"sale": after["sale"][0], "price": after["price"]}
        record.refuse(record.line, "sale_price", text % facts)
    return after


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


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
