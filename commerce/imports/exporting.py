"""Exports: the shop's data as rows that the imports read back without a change."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, TypeAlias

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from oscar.core.loading import get_model

from commerce.clock import shop_now
from commerce.documents.spreadsheets import neutral_cell
from commerce.imports.details import NO, combined
from commerce.imports.pictures import is_url
from commerce.imports.product_states import NOT_IN_CELLS, Existing, State, states_of
from commerce.imports.profiles.plain import PlainRow, product_sheet
from commerce.shop_values.barcodes import is_barcode

Rows: TypeAlias = Iterator[list[object]]
#: Products that are read at once.
BATCH = 500
#: Rows of an XLSX file, which is built while somebody waits. CSV is streamed.
MOST_ROWS = 10_000
#: Excel's limit for a cell.
MOST_IN_CELL = 32_767
BRAND = "brand"


def every_product() -> Iterator[Existing]:
    """All products, in the order of their keys."""
    last = 0
    rows = get_model("catalogue", "Product").objects.filter(parent=None).order_by("pk")
    while keys := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        last = keys[-1]
        found = states_of(keys)
        yield from (found[key] for key in keys if key in found)


def sku_cell(sku: str) -> str:
    """The SKU; "" for what has none."""
    return "" if sku.startswith("#") else sku


def _barcode(variant: State) -> str:
    return variant["barcode"] if is_barcode(variant["barcode"]) else ""


def _sources(existing: Existing) -> dict[str, str]:
    """``{source: URL}`` of a product's photographs: those from archives have the shop's URL."""
    own = {source: url for url, source in existing.aliases.items()}
    return {
        one["source"]: one["source"] if is_url(one["source"]) else own[one["source"]]
        for one in existing.state["pictures"]
    }


# --- The plain format -----------------------------------------------------------------------------


def plain_products() -> Rows:
    """The products in the plain format: one row per variant, product data in the first."""
    sheet = product_sheet()
    options, attributes = _option_names(), _attribute_names()
    yield [
        *sheet.get_export_headers(),
        *(f"option:{name}" for name in options),
        *(f"attribute:{name}:{kind}" for name, kind in attributes),
    ]
    for existing in every_product():
        for number, (sku, variant) in enumerate(existing.state["variants"].items()):
            row = _plain_row(existing, sku, variant, is_first=number == 0)
            yield [
                *sheet.export_resource(row),
                *(variant["options"].get(name, "") for name in options),
                *(_attribute(existing.state, number, name, kind) for name, kind in attributes),
            ]


def _option_names() -> list[str]:
    values = get_model("catalogue", "ProductAttributeValue").objects
    rows = values.filter(product__parent__isnull=False, attribute__type="option")
    return sorted(set(rows.order_by().values_list("attribute__name", flat=True).distinct()))


def _attribute_names() -> list[tuple[str, str]]:
    values = get_model("catalogue", "ProductAttributeValue").objects
    rows = values.filter(product__parent=None).exclude(attribute__type__in=NOT_IN_CELLS)
    return sorted(set(rows.order_by().values_list("attribute__name", "attribute__type").distinct()))


def _attribute(state: State, number: int, name: str, kind: str) -> str:
    if number:
        return ""
    found = (
        one["value"]
        for one in state["attributes"].values()
        if (one["name"], one["type"]) == (name, kind)
    )
    return next(found, "")


def _plain_row(existing: Existing, sku: str, variant: State, *, is_first: bool) -> PlainRow:
    state = existing.state
    row = PlainRow(product=existing.slug, sku=sku_cell(sku), stock=variant["stock"])
    row.price = variant["price"]
    row.variant_public = variant["public"] if state["options"] else None
    row.barcode = _barcode(variant)
    for name, value in combined(variant["details"], state["details"], ships=existing.ships).items():
        setattr(row, name, value)
    if variant["sale"]:
        row.sale_price, row.sale_from, row.sale_until = variant["sale"]
    if not is_first:
        return row
    sources = _sources(existing)
    row.product_sku, row.title, row.type = state["own_sku"], state["title"], state["type"]
    row.description, row.public = state["description"], state["public"]
    row.meta_title, row.meta_description = state["meta_title"], state["meta_description"]
    row.categories = [" > ".join(path) for path in state["categories"]]
    row.images = [sources[one["source"]] for one in state["pictures"]]
    row.image_texts = [one["alt"] for one in state["pictures"]]
    row.redirects = state["redirects"]
    return row


# --- Shopify's format -----------------------------------------------------------------------------

SHOPIFY = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Published",
    "Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value", "Option3 Name",
    "Option3 Value", "Variant SKU", "Variant Grams", "Variant Inventory Tracker", "Variant Inventory Qty",
    "Variant Inventory Policy", "Variant Price", "Variant Compare At Price",
    "Variant Requires Shipping", "Variant Barcode", "Image Src",
    "Image Position", "Image Alt Text", "SEO Title", "SEO Description", "Variant Image", "Variant Weight Unit", "Unit Price Total Measure",
    "Unit Price Total Measure Unit", "Unit Price Base Measure", "Unit Price Base Measure Unit",
    "Status",
)  # fmt: skip
#: Shopify has no more options.
MOST_OPTIONS = 3


def shopify_products() -> Rows:
    """The products in Shopify's columns; those with more than three options are left out."""
    yield list(SHOPIFY)
    for existing in every_product():
        if len(existing.state["options"]) <= MOST_OPTIONS:
            for row in _shopify_rows(existing):
                yield [row.get(name, "") for name in SHOPIFY]


def _shopify_rows(existing: Existing) -> Iterator[dict[str, object]]:
    state, sources = existing.state, _sources(existing)
    pictures = state["pictures"]
    variants = list(state["variants"].items())
    for number in range(max(len(variants), len(pictures), 1)):
        row: dict[str, object] = {"Handle": existing.slug}
        if number == 0:
            row |= _shopify_top(state)
        if number < len(variants):
            row |= _shopify_variant(state, *variants[number], is_first=number == 0)
            row |= _shopify_details(existing, variants[number][1])
            row["Variant Image"] = _variant_picture(state, variants[number][1], sources)
        if number < len(pictures):
            one = pictures[number]
            row |= {"Image Src": sources[one["source"]], "Image Position": number + 1}
            row["Image Alt Text"] = one["alt"]
        yield row


def _shopify_top(state: State) -> dict[str, object]:
    paths = state["categories"]
    return {
        "Title": state["title"],
        "Body (HTML)": state["description"],
        "Vendor": state["attributes"].get(BRAND, {}).get("value", ""),
        "Product Category": " > ".join(paths[0]) if paths else "",
        "Type": state["type"],
        "Published": "true",
        "SEO Title": state["meta_title"],
        "SEO Description": state["meta_description"],
        "Status": "active" if state["public"] else "draft",
    }


def _shopify_variant(
    state: State, sku: str, variant: State, *, is_first: bool
) -> dict[str, object]:
    row: dict[str, object] = {
        "Variant SKU": sku_cell(sku),
        "Variant Inventory Tracker": "shopify",
        "Variant Inventory Qty": "" if variant["stock"] is None else variant["stock"],
        "Variant Price": variant["price"] or "",
    }
    sale = variant["sale"]
    if sale and sale[1] <= shop_now().isoformat():
        row |= {"Variant Price": sale[0], "Variant Compare At Price": variant["price"]}
    if not state["options"]:
        return row | {"Option1 Name": "Title", "Option1 Value": "Default Title"}
    for n, name in enumerate(state["options"], 1):
        if is_first:
            row[f"Option{n} Name"] = name
        row[f"Option{n} Value"] = variant["options"].get(name, "")
    return row


def _shopify_details(existing: Existing, variant: State) -> dict[str, object]:
    now = combined(variant["details"], existing.state["details"], ships=existing.ships)
    amount, _space, unit = (now["content"] or "").partition(" ")
    row: dict[str, object] = {
        "Variant Grams": now["weight"] or "",
        "Variant Weight Unit": "g" if now["weight"] else "",
        "Variant Inventory Policy": "deny" if now["later"] == NO else "continue",
        "Variant Requires Shipping": "true" if now["is_shipped"] else "false",
        "Variant Barcode": _barcode(variant),
    }
    if amount:
        row |= {"Unit Price Total Measure": amount, "Unit Price Total Measure Unit": unit}
        base = {"ml": "l", "g": "kg"}.get(unit, unit)
        row |= {"Unit Price Base Measure": "1", "Unit Price Base Measure Unit": base}
    return row


def _variant_picture(state: State, variant: State, sources: dict[str, str]) -> str:
    for one in state["pictures"]:
        wanted = one["options"]
        if wanted and all(variant["options"].get(n) in v for n, v in wanted.items()):
            return sources[one["source"]]
    return ""


# --- Files ----------------------------------------------------------------------------------------


def neutral(rows: Rows) -> Rows:
    """The rows with cells that no spreadsheet runs as a formula."""
    for row in rows:
        yield [neutral_cell("" if cell is None else cell) for cell in row]


def _without_controls(rows: Rows) -> Rows:
    """The rows without control characters, which XLSX cannot hold; they come from strangers' texts."""
    for row in rows:
        yield [ILLEGAL_CHARACTERS_RE.sub("", c) if isinstance(c, str) else c for c in row]


class ExportError(Exception):
    """An export that a spreadsheet cannot hold; the text says why, and what to do."""


def as_xlsx(rows: Rows) -> IO[bytes]:
    """An XLSX file of the rows, on a disk: it may be larger than the memory. Leaves out control characters.

    Raises ExportError if there are too many rows to build it while somebody waits, or if a text is
    longer than a cell may be.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    with tempfile.TemporaryFile() as discarded:
        try:
            for row in _checked(neutral(_without_controls(rows))):
                sheet.append(row)
        except BaseException:
            book.save(discarded)  # openpyxl deletes its own temporary file only then
            raise
    file = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    book.save(file)
    file.seek(0)
    return file


def _checked(rows: Rows) -> Rows:
    heading: list[object] = []
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS + 1:
            text = _("These are more than %(most)d rows. Export them as CSV.")
            raise ExportError(text % {"most": MOST_ROWS})
        heading = heading or row
        for name, cell in zip(heading, row, strict=True):
            if isinstance(cell, str) and len(cell) > MOST_IN_CELL:
                text = _(
                    "Row %(row)d has a text in “%(column)s” that is longer than a cell of Excel"
                    " may be (%(most)d characters). Export the data as CSV."
                )
                facts = {"row": number, "column": name, "most": MOST_IN_CELL}
                raise ExportError(text % facts)
        yield row
