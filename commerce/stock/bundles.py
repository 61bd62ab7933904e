"""The stock of bundles: which stock records their units come from."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from oscar.core.loading import get_model

from commerce.bulk_sql import literal_in
from commerce.exceptions import OutOfStock, Shortage
from commerce.models import BundlePart, OrderLinePart

if TYPE_CHECKING:
    from oscar.apps.order.abstract_models import AbstractLine


def parts_of_bundles(product_ids: Collection[int]) -> dict[int, list[BundlePart]]:
    """``{bundle key: its parts}`` of the products that are bundles. One query."""
    found: dict[int, list[BundlePart]] = {}
    rows = BundlePart.objects.filter(bundle__in=literal_in(product_ids))
    for row in rows.select_related("part__parent"):
        found.setdefault(row.bundle_id, []).append(row)
    return found


def records_of_parts(parts: Iterable[BundlePart]) -> dict[int, Any]:
    """``{product key: the stock record that it leaves from}``, the first by key. One query."""
    keys = {part.part_id for part in parts}
    records = get_model("partner", "StockRecord").objects.filter(product__in=literal_in(keys))
    found: dict[int, Any] = {}
    for record in records.order_by("-pk"):
        found[record.product_id] = record
    return found


def expand_bundles(units: Mapping[int, int], products: Mapping[int, int]) -> dict[int, int]:
    """``{stockrecord_id: units}`` with the parts of bundles in place of the bundles.

    ``products`` is ``{stockrecord_id: product key}``. One query if no product is a bundle. Raises
    OutOfStock for a bundle with a part that has no stock record.
    """
    bundles = parts_of_bundles(set(products.values()))
    records = records_of_parts(row for rows in bundles.values() for row in rows) if bundles else {}
    expanded: defaultdict[int, int] = defaultdict(int)
    for pk, count in units.items():
        parts = bundles.get(products[pk])
        if not parts:
            expanded[pk] += count
        for part in parts or ():
            if part.part_id not in records:
                raise OutOfStock([_shortage_without_stock(part, count)])
            expanded[records[part.part_id].pk] += count * part.quantity
    return dict(expanded)


def _shortage_without_stock(part: BundlePart, count: int) -> Shortage:
    title, wanted = part.part.get_title(), count * part.quantity
    return Shortage(title, wanted, 0, product_id=part.part_id)


def shortages_as_ordered(shortages: Iterable[Shortage], lines: Collection[Any]) -> list[Shortage]:
    """Shortages of what the basket or order lines name: of a bundle instead of its parts.

    A product that several lines need, alone or in bundles, stays and names the bundles. One query.
    """
    bundles = parts_of_bundles({line.product_id for line in lines})
    units: Counter[int] = Counter()
    titles = {}
    for line in lines:
        units[line.product_id] += line.quantity
        titles[line.product_id] = line.product.get_title()
    found: dict[Any, Shortage] = {}
    for short in shortages:
        within = [
            row for rows in bundles.values() for row in rows if row.part_id == short.product_id
        ]
        if len(within) == 1 and short.product_id not in units:
            (row,) = within
            before = found.get(row.bundle_id)
            found[row.bundle_id] = Shortage(
                titles[row.bundle_id],
                units[row.bundle_id],
                min(short.available // row.quantity, before.available if before else sys.maxsize),
                product_id=row.bundle_id,
                missing=(*(before.missing if before else ()), short.title),
            )
        else:
            names = tuple(titles[row.bundle_id] for row in within)
            found[short.product_id, short.title] = replace(short, bundles=names)
    return list(found.values())


def store_parts(lines: Collection[AbstractLine]) -> None:
    """Store the parts of bundles with the new order lines."""
    parts = parts_of_bundles({line.product_id for line in lines})
    records = records_of_parts(row for rows in parts.values() for row in rows) if parts else {}
    OrderLinePart.objects.bulk_create(
        OrderLinePart(
            line=line,
            stockrecord=records.get(part.part_id),
            title=part.part.get_title()[:255],
            quantity=part.quantity,
        )
        for line in lines
        for part in parts.get(line.product_id, ())
    )


def lines_with_stock(lines: Iterable[AbstractLine]) -> set[int]:
    """Keys of the order lines whose units can return to a stock record. One query."""
    lines = list(lines)
    parts = OrderLinePart.objects.filter(line__in=literal_in([line.pk for line in lines]))
    bundles = set(parts.exclude(stockrecord=None).values_list("line_id", flat=True))
    return bundles | {line.pk for line in lines if line.stockrecord_id}


def units_from_stock(lines: Iterable[AbstractLine], units: Mapping[int, int]) -> dict[int, int]:
    """``{stockrecord_id: units}`` that ``{line_id: units}`` of order lines are made of.

    Bundles count as their parts, also when the bundle was deleted. One query for all lines.
    """
    lines = [line for line in lines if units.get(line.pk)]
    parts: dict[int, list[OrderLinePart]] = {}
    for row in OrderLinePart.objects.filter(line__in=literal_in([line.pk for line in lines])):
        parts.setdefault(row.line_id, []).append(row)
    stock: defaultdict[int, int] = defaultdict(int)
    for line in lines:
        if line.pk not in parts and line.stockrecord_id:
            stock[line.stockrecord_id] += units[line.pk]
        for row in parts.get(line.pk, ()):
            if row.stockrecord_id:
                stock[row.stockrecord_id] += units[line.pk] * row.quantity
    return dict(stock)
