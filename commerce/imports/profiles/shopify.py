"""Shopify's product CSV: rows of one handle are a product, its variants and its photographs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from django.utils.translation import gettext as _

from commerce.imports.cells import CellError, price_in, sku_in, stock_in, yes_in
from commerce.imports.details import (
    ALLOWED,
    NO,
    UNITS,
    Readers,
    content_in,
    later_in,
    measure_in,
    read_barcode,
    read_details,
)
from commerce.imports.records import (
    AttributeCell,
    Given,
    Picture,
    ProductRecord,
    ReadOptions,
    Sale,
    VariantRecord,
)
from commerce.imports.tables import Row, Table

REQUIRED = ("Handle", "Title")
PRICE_COLUMNS = ("Variant Price", "Variant Compare At Price")
COLUMNS = frozenset(
    [
        "Handle",
        "Title",
        "Body (HTML)",
        "Vendor",
        "Type",
        "Published",
        "Option1 Name",
        "Option1 Value",
        "Option2 Name",
        "Option2 Value",
        "Option3 Name",
        "Option3 Value",
        "Variant SKU",
        "Variant Grams",
        "Variant Weight Unit",
        "Variant Inventory Tracker",
        "Variant Inventory Qty",
        "Variant Inventory Policy",
        "Variant Requires Shipping",
        "Variant Barcode",
        "Unit Price Total Measure",
        "Unit Price Total Measure Unit",
        "Unit Price Base Measure",
        "Unit Price Base Measure Unit",
        "Variant Price",
        "Variant Compare At Price",
        "Image Src",
        "Image Position",
        "Image Alt Text",
        "Gift Card",
        "SEO Title",
        "SEO Description",
        "Variant Image",
        "Status",
        "Product Category",
    ]
)
#: Where a product's page was at Shopify.
OLD_PATH = "/products/%s"
OPTIONS = (1, 2, 3)
#: How something is sold. Grams are grams, whatever unit Shopify shows.
DETAILS: Readers = {
    "Variant Grams": ("weight", measure_in),
    "Variant Inventory Policy": ("later", later_in({"deny": NO, "continue": ALLOWED})),
    "Variant Requires Shipping": ("is_shipped", yes_in),
}
CONTENT = ("Unit Price Total Measure", "Unit Price Total Measure Unit")


def looks_like(columns: tuple[str, ...]) -> bool:
    """Whether a file with these columns is a product export of Shopify."""
    return {"Handle", "Variant Price"} <= set(columns) or {"Handle", "Body (HTML)"} <= set(columns)


def products_in(table: Table, options: ReadOptions) -> Iterator[ProductRecord]:
    """The products of a file in order."""
    handle = ""
    keyed: list[tuple[str, Row]] = []
    for row in table.rows:
        handle = row["Handle"] or handle
        keyed.append((handle, row))
    keyed.sort(key=lambda pair: pair[0])  # stable; handles may be scattered after an edit
    first_line = {key: next(rows)[1].line for key, rows in groupby(keyed, lambda pair: pair[0])}
    keyed.sort(key=lambda pair: first_line[pair[0]])
    for handle, rows in groupby(keyed, lambda pair: pair[0]):
        yield _product(handle, [row for _handle, row in rows], table, options)


def _product(handle: str, rows: list[Row], table: Table, options: ReadOptions) -> ProductRecord:
    first = rows[0]
    record = ProductRecord(first.line, handle, handle=handle)
    for row in rows:
        if row.surplus:
            record.refuse(row.line, "", _("The row has more cells than the heading."))
        for name in sorted(row.formulas):
            record.refuse(row.line, name, _("The cell contains a formula. Save it as a value."))
    if not first["Title"]:
        record.refuse(first.line, "Title", _("The first row of a product needs a title."))
    record.title = first["Title"][:255]
    if _has(table, "Body (HTML)"):
        record.description = first["Body (HTML)"]
    record.type = first["Type"] or None
    record.meta_title = first["SEO Title"][:255] if _has(table, "SEO Title") else None
    record.meta_description = first["SEO Description"] if _has(table, "SEO Description") else None
    record.is_public = _is_public(record, first, table)
    _classify(record, first)
    if options.with_redirects and handle:
        record.old_paths = [OLD_PATH % handle]
    _read_variants(record, rows, table, options)
    if _has(table, "Image Src"):
        record.pictures = _pictures(rows)
    return record


def _has(table: Table, column: str) -> bool:
    return column in table.columns


def _is_public(record: ProductRecord, row: Row, table: Table) -> bool | None:
    if not (_has(table, "Status") or _has(table, "Published")):
        return None
    try:
        is_published = yes_in(row["Published"] or "true")
    except CellError as error:
        record.refuse(row.line, "Published", str(error))
        return None
    return is_published and row["Status"].lower() in ("", "active")


def _classify(record: ProductRecord, row: Row) -> None:
    if row["Gift Card"].lower() == "true":
        text = _("Gift cards of another shop cannot be imported.")
        record.refuse(row.line, "Gift Card", text)
    if category := row["Product Category"]:
        parts = [part.strip() for part in category.split(">") if part.strip()]
        # Shopify knows one category; a product may have more here.
        record.categories, record.adds_categories = [parts] if parts else [], True
    if vendor := row["Vendor"]:
        record.attributes.append(AttributeCell("Brand", "", vendor, row.line, "Vendor"))


def _read_variants(
    record: ProductRecord, rows: list[Row], table: Table, options: ReadOptions
) -> None:
    first = rows[0]
    names = {n: first[f"Option{n} Name"] for n in OPTIONS if first[f"Option{n} Name"]}
    is_single = first["Option1 Value"] in ("", "Default Title") and len(names) <= 1
    record.options = [] if is_single else list(names.values())
    for row in rows:
        if row is not first and not _is_variant(row):
            continue  # a row with a photograph only
        variant = VariantRecord(row.line)
        if not is_single:
            for n, name in names.items():
                if not row[f"Option{n} Value"]:
                    text = _("The variant has no value of “%(option)s”.") % {"option": name}
                    record.refuse(row.line, f"Option{n} Value", text)
                variant.options[name] = row[f"Option{n} Value"]
        _read_variant(record, variant, row, table, options)
        record.variants.append(variant)


def _is_variant(row: Row) -> bool:
    return any(row[name] for name in ("Option1 Value", "Variant SKU", "Variant Price"))


def _read_variant(
    record: ProductRecord, variant: VariantRecord, row: Row, table: Table, options: ReadOptions
) -> None:
    column = ""
    try:
        column = "Variant SKU"
        variant.sku = sku_in(row[column])
        column = "Variant Inventory Qty"
        variant.stock = stock_in(row[column], options.decimal)
        column = variant.price_column = "Variant Price"
        price = price_in(row[column], options.decimal, may_be_free=options.may_be_free)
        column = "Variant Compare At Price"
        before = price_in(row[column], options.decimal, may_be_free=True)
        variant.keeps_planned_sales = True
        variant.price, variant.sale = price, ... if column not in table.columns else None
        if price is not None and before is not None and before > price:
            variant.price, variant.sale = before, Sale(price, has_period=False)
    except CellError as error:
        record.refuse(row.line, column, str(error))
    tracker = row["Variant Inventory Tracker"]
    if "Variant Inventory Tracker" in table.columns and not tracker and not variant.stock:
        variant.stock = options.untracked_stock
        text = _("The file doesn’t track this stock. It is set to %(units)d.")
        record.remark(
            row.line, "Variant Inventory Tracker", text % {"units": options.untracked_stock}
        )
    read_details(record, variant, row, DETAILS)
    _read_content(record, variant, row)
    read_barcode(record, variant, row["Variant Barcode"], "Variant Barcode")
    variant.picture = row["Variant Image"]


def _read_content(record: ProductRecord, variant: VariantRecord, row: Row) -> None:
    amount, unit = (row[column] for column in CONTENT)
    if not amount:
        return
    if unit.lower() not in UNITS:
        text = _("Imported without the content: its unit “%(unit)s” is not used here.")
        record.remark(row.line, CONTENT[1], text % {"unit": unit})
        return
    try:
        content = content_in(f"{amount} {unit}")
    except CellError as error:
        record.refuse(row.line, CONTENT[0], str(error))
    else:
        variant.details["content"] = Given(content, CONTENT[0])


def _pictures(rows: list[Row]) -> list[Picture]:
    found: dict[str, tuple[float, Picture]] = {}
    for number, row in enumerate(rows):
        for column in ("Image Src", "Variant Image"):
            source = row[column]
            if source and source not in found:
                alt = row["Image Alt Text"] if column == "Image Src" else ""
                place = row["Image Position"] if column == "Image Src" else ""
                position = float(place) if place.isdigit() else 10_000.0 + number
                found[source] = (position, Picture(source, alt[:255], row.line, column))
    return [picture for _position, picture in sorted(found.values(), key=lambda pair: pair[0])]
