"""The plain product format: one row per variant. Exports write it, imports read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache

from django.utils.translation import gettext as _

from commerce.imports.details import FIELDS as DETAILS
from commerce.imports.details import read_barcode
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
from commerce.imports.widgets import (
    CONTENT,
    DAY,
    LATER,
    MEASURE,
    QUANTITY,
    ListWidget,
    MomentWidget,
    PriceWidget,
    Sheet,
    SkuWidget,
    TextWidget,
    UnitsWidget,
    YesWidget,
    column,
)

#: Types of attributes that a cell can hold; Oscar's others are files and objects.
ATTRIBUTE_TYPES = (
    "text", "integer", "float", "boolean", "richtext", "date", "datetime", "option", "multi_option"
)  # fmt: skip
OPTION, ATTRIBUTE = "option:", "attribute:"


@dataclass
class PlainRow:
    """A row of the plain format; None if the file lacks the column."""

    product: str = ""
    sku: str = ""
    product_sku: str = ""
    title: str | None = None
    description: str | None = None
    type: str | None = None
    price: Decimal | None = None
    sale_price: Decimal | None = None
    sale_from: datetime | str | None = None
    sale_until: datetime | str | None = None
    stock: int | None = None
    public: bool | None = None
    variant_public: bool | None = None
    categories: list[str] | None = None
    images: list[str] | None = None
    image_texts: list[str] | None = None
    variant_image: str | None = None
    meta_title: str | None = None
    meta_description: str | None = None
    redirects: list[str] | None = None
    weight: int | None = None
    length: int | None = None
    width: int | None = None
    height: int | None = None
    is_shipped: bool | None = None
    content: str | None = None
    min_quantity: int | None = None
    step_quantity: int | None = None
    max_quantity: int | None = None
    later: str | None = None
    available_from: str | None = None
    barcode: str = ""
    extra: dict[str, str] = field(default_factory=dict)


class ProductSheet(Sheet):
    """The columns of the plain format; those of options and attributes follow."""

    product = column("product", TextWidget())
    product_sku = column("product_sku", SkuWidget())
    sku = column("sku", SkuWidget())
    title = column("title", TextWidget())
    type = column("type", TextWidget(128))
    price = column("price", PriceWidget())
    sale_price = column("sale_price", PriceWidget())
    sale_from = column("sale_from", MomentWidget())
    sale_until = column("sale_until", MomentWidget(is_end=True))
    stock = column("stock", UnitsWidget())
    # The names say the units: a file's "weight" may be in kilograms.
    weight = column("weight_g", MEASURE, attribute="weight")
    length = column("length_mm", MEASURE, attribute="length")
    width = column("width_mm", MEASURE, attribute="width")
    height = column("height_mm", MEASURE, attribute="height")
    is_shipped = column("shipped", YesWidget(), attribute="is_shipped")
    content = column("content", CONTENT)
    min_quantity = column("min_quantity", QUANTITY)
    step_quantity = column("step_quantity", QUANTITY)
    max_quantity = column("max_quantity", QUANTITY)
    later = column("without_stock", LATER, attribute="later")
    available_from = column("available_from", DAY)
    barcode = column("barcode", TextWidget(64))
    public = column("public", YesWidget())
    variant_public = column("variant_public", YesWidget())
    categories = column("categories", ListWidget())
    images = column("images", ListWidget())
    image_texts = column("image_texts", ListWidget(with_empty=True))
    variant_image = column("variant_image", TextWidget(2000))
    meta_title = column("meta_title", TextWidget())
    meta_description = column("meta_description", TextWidget(10_000))
    redirects = column("redirects", ListWidget())
    description = column("description", TextWidget(200_000))


@cache
def product_sheet() -> ProductSheet:
    """The columns; building them takes long."""
    return ProductSheet()


def read_products(table: Table, options: ReadOptions) -> Iterator[ProductRecord]:
    """The products of a file in order; rows with one value of "product" are its variants."""
    mapping = {name: wanted for name, wanted in options.mapping.items() if name in table.columns}
    groups: dict[str, list[Row]] = {}
    for row in table.rows:
        cells = _cells(row, mapping)
        key = cells.get("product") or f"\x00{row.line}"
        groups.setdefault(key, []).append(row)
    for key, rows in groups.items():
        yield _product("" if key.startswith("\x00") else key, rows, mapping, options)


def _cells(row: Row, mapping: Mapping[str, str]) -> dict[str, str]:
    """The row's cells by the plain format's names."""
    return {wanted: row[name] for name, wanted in mapping.items()}


def _product(
    handle: str, rows: list[Row], mapping: Mapping[str, str], options: ReadOptions
) -> ProductRecord:
    first = rows[0]
    record = ProductRecord(first.line, handle, handle=handle)
    columns = {wanted: name for name, wanted in mapping.items()}
    read = [_plain_row(row, record, mapping, columns, options) for row in rows]
    top = read[0]
    record.identity = handle or top.sku or top.title or ""
    record.own_sku = top.product_sku
    record.title, record.description, record.type = top.title, top.description, top.type or None
    if "title" in columns and not top.title:
        record.refuse(first.line, columns["title"], _("The product needs a title."))
    record.is_public = top.public
    record.meta_title, record.meta_description = top.meta_title, top.meta_description
    if top.categories is not None:
        record.categories = [
            [part.strip() for part in path.split(" > ") if part.strip()] for path in top.categories
        ]
    record.redirects = top.redirects or []
    names = [name for name in mapping.values() if name.lower().startswith(OPTION)]
    used = [name for name in names if any(row.extra.get(name) for row in read)]
    record.options = [name[len(OPTION) :] for name in used]
    _read_attributes(record, top, first, columns)
    texts = top.image_texts or []
    if top.images is not None:
        record.pictures = [
            Picture(source, texts[n] if n < len(texts) else "", first.line, columns["images"])
            for n, source in enumerate(top.images)
        ]
    for row, plain in zip(rows, read, strict=True):
        record.variants.append(_variant(record, row, plain, used, columns))
    if len(rows) > 1 and not used:
        text = _("Several rows have the product “%(product)s”, but no options tell them apart.")
        record.refuse(rows[1].line, columns.get("product", ""), text % {"product": handle})
    return record


def _plain_row(
    row: Row, record: ProductRecord, mapping: Mapping[str, str], columns: Mapping[str, str],
    options: ReadOptions,
) -> PlainRow:  # fmt: skip
    plain = PlainRow()
    cells = _cells(row, mapping)
    if row.surplus:
        record.refuse(row.line, "", _("The row has more cells than the heading."))
    for name in sorted(row.formulas & mapping.keys()):
        record.refuse(row.line, name, _("The cell contains a formula. Save it as a value."))
    product_sheet().read_into(plain, cells, record, row.line, options, columns)
    plain.extra = {
        name: cells[name] for name in cells if name.lower().startswith((OPTION, ATTRIBUTE))
    }
    return plain


def _read_attributes(
    record: ProductRecord, plain: PlainRow, row: Row, columns: Mapping[str, str]
) -> None:
    for name, text in plain.extra.items():
        if not name.lower().startswith(ATTRIBUTE):
            continue
        label, _sign, kind = name[len(ATTRIBUTE) :].partition(":")
        if kind and kind not in ATTRIBUTE_TYPES:
            if text:
                reason = _("“%(type)s” is not a type of attributes. Types are: %(types)s.")
                types = {"type": kind, "types": ", ".join(ATTRIBUTE_TYPES)}
                record.refuse(row.line, columns[name], reason % types)
            continue
        record.attributes.append(AttributeCell(label.strip(), kind, text, row.line, columns[name]))


def _read_details(
    record: ProductRecord, variant: VariantRecord, plain: PlainRow, columns: Mapping[str, str]
) -> None:
    for field_name, of in ProductSheet.fields.items():
        if field_name in DETAILS and getattr(plain, field_name) is not None:
            column = columns.get(of.column_name, of.column_name)
            variant.details[field_name] = Given(getattr(plain, field_name), column)
    read_barcode(record, variant, plain.barcode, columns.get("barcode", "barcode"))


def _variant(
    record: ProductRecord, row: Row, plain: PlainRow, used: list[str], columns: Mapping[str, str]
) -> VariantRecord:
    variant = VariantRecord(row.line, plain.sku, price=plain.price, stock=plain.stock)
    variant.price_column = columns.get("price", "")
    variant.is_public, variant.picture = plain.variant_public, plain.variant_image or ""
    _read_details(record, variant, plain, columns)
    for name in used:
        if not plain.extra.get(name):
            text = _("The variant has no value of “%(option)s”.")
            record.refuse(row.line, columns[name], text % {"option": name[len(OPTION) :]})
        variant.options[name[len(OPTION) :]] = plain.extra.get(name, "")
    if "sale_price" in columns:
        variant.sale = None
        if plain.sale_price is not None:
            variant.sale = Sale(plain.sale_price, plain.sale_from, plain.sale_until)  # type: ignore[arg-type]
            if plain.price is not None and plain.sale_price >= plain.price:
                text = _("A sale price must be below the price.")
                record.refuse(row.line, columns["sale_price"], text)
    return variant
