"""Magento's product CSV: simple products, and configurable ones that name their variations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from django.utils.translation import gettext as _

from commerce.imports.cells import CellError, moment_in, price_in, sku_in, stock_in, words_in
from commerce.imports.details import (
    ALLOWED,
    GRAMS,
    NO,
    Readers,
    later_in,
    measure_in,
    quantity_in,
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

REQUIRED = ("sku", "product_type", "name")
PRICE_COLUMNS = ("price", "special_price")
#: How something is sold. The file does not name the unit of weights; the old shop's is kg or lb.
DETAILS: Readers = {
    "weight": ("weight", partial(measure_in, unit=GRAMS["kg"])),
    "allow_backorders": ("later", later_in({"0": NO, "1": ALLOWED, "2": ALLOWED})),
    "min_cart_qty": ("min_quantity", quantity_in),
    "max_cart_qty": ("max_quantity", quantity_in),
    "qty_increments": ("step_quantity", quantity_in),
}
#: Columns that say that the old shop's settings decide, not the cell.
BY_SETTINGS = {
    "allow_backorders": "use_config_backorders",
    "min_cart_qty": "use_config_min_sale_qty",
    "max_cart_qty": "use_config_max_sale_qty",
    "qty_increments": "use_config_qty_increments",
}
COLUMNS = frozenset(
    [
        "sku",
        "store_view_code",
        "attribute_set_code",
        "product_type",
        "categories",
        "name",
        "description",
        "short_description",
        "product_online",
        "visibility",
        "price",
        "special_price",
        "special_price_from_date",
        "special_price_to_date",
        "url_key",
        "meta_title",
        "meta_description",
        "base_image",
        "base_image_label",
        "additional_images",
        "additional_image_labels",
        "additional_attributes",
        "qty",
        "configurable_variations",
        "configurable_variation_labels",
        "enable_qty_increments",
        *DETAILS,
        *BY_SETTINGS.values(),
    ]
)
ROOT = "Default Category"
#: A child of a configurable product, or part of a group: it has no page of its own.
HIDDEN = "Not Visible Individually"
PAIR = re.compile(r"([\w.-]+)=(.*)", re.DOTALL)
QUOTED = re.compile(r'".*"$', re.DOTALL)
#: Dates of exports have two digits of the year, in the American order.
AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2})(,?\s.*)?$", re.ASCII)
OTHER_TYPES = frozenset({"bundle", "grouped", "giftcard"})
#: Attributes that say how Magento stores a product.
INTERNAL = frozenset({"has_options", "required_options"})
OFFLINE = frozenset({"0", "2"})


def looks_like(columns: tuple[str, ...]) -> bool:
    """Whether a file with these columns is a product export of Magento."""
    return {"sku", "product_type", "attribute_set_code"} <= set(columns)


def products_in(table: Table, options: ReadOptions) -> Iterator[ProductRecord]:
    """The products of a file; simple products that belong to a configurable one are its variants."""
    rows = [row for row in table.rows if not row["store_view_code"]]
    simple = {row["sku"]: row for row in rows if row["product_type"] != "configurable"}
    owned: set[str] = set()
    for row in rows:
        if row["product_type"] == "configurable":
            owned |= {pairs.get("sku", "") for pairs in _variations(row)}
    for row in rows:
        if row["product_type"] == "configurable":
            yield _configurable(row, simple, table, options)
        elif row["sku"] not in owned:
            record = _product(row, table, options)
            record.variants = [_variant(record, row, options)]
            yield record


def _variations(row: Row) -> list[dict[str, str]]:
    return [_pairs(part) for part in row["configurable_variations"].split("|") if part]


def _pairs(text: str) -> dict[str, str]:
    """``{name: value}`` of "color=Red,size=M". A value may have commas, or be in quotes."""
    found: dict[str, str] = {}
    name = ""
    for part in words_in(text):
        match = PAIR.match(part)
        if match:
            name = match[1]
            found[name] = match[2].strip()
        elif name:
            found[name] += f", {part}"
    return {
        name: value[1:-1].replace('""', '"') if QUOTED.match(value) else value
        for name, value in found.items()
    }


def _moment(text: str, *, is_end: bool = False) -> datetime | None:
    """A date, also one as Magento's exports write it, such as "12/24/26, 2:05 PM"."""
    match = AMERICAN.match(text)
    if match is None:
        return moment_in(text, is_end=is_end)
    month, day, year, rest = match.groups()
    date = f"20{year}-{int(month):02d}-{int(day):02d}"
    if not rest:
        return moment_in(date, is_end=is_end)
    try:
        time = datetime.strptime(re.sub(r"\s+", " ", rest.strip(", ")), "%I:%M %p").time()
    except ValueError:
        return moment_in(text)
    return moment_in(f"{date} {time:%H:%M}")


def _product(row: Row, table: Table, options: ReadOptions) -> ProductRecord:
    record = ProductRecord(row.line, row["sku"], handle=row["url_key"])
    if row.surplus:
        record.refuse(row.line, "", _("The row has more cells than the heading."))
    for name in sorted(row.formulas):
        record.refuse(row.line, name, _("The cell contains a formula. Save it as a value."))
    if row["product_type"] in OTHER_TYPES:
        text = _("Products of the type “%(type)s” cannot be imported.")
        record.refuse(row.line, "product_type", text % {"type": row["product_type"]})
    if not row["name"]:
        record.refuse(row.line, "name", _("The product needs a name."))
    record.title, record.type = row["name"][:255], row["attribute_set_code"] or None
    if record.type == "Default":
        record.type = None
    if "description" in table.columns:
        record.description = row["description"] or row["short_description"]
    if row["product_online"]:
        record.is_public = row["product_online"] not in OFFLINE and row["visibility"] != HIDDEN
    record.meta_title = row["meta_title"][:255] if "meta_title" in table.columns else None
    if "meta_description" in table.columns:
        record.meta_description = row["meta_description"]
    if "categories" in table.columns:
        record.categories = _categories(row["categories"])
    if "base_image" in table.columns:
        record.pictures = _pictures(row)
    record.attributes = [
        AttributeCell(name, "", value, row.line, "additional_attributes")
        for name, value in _pairs(row["additional_attributes"]).items()
        if name not in INTERNAL
    ]
    if options.with_redirects and record.handle:
        record.old_paths = [f"/{record.handle}.html"]
    return record


def _pictures(row: Row) -> list[Picture]:
    """The main photograph, then the others; a photograph may be listed twice."""
    others, texts = words_in(row["additional_images"]), words_in(row["additional_image_labels"])
    if len(texts) != len(others):  # which text belongs to which photograph is unknown
        texts = [""] * len(others)
    labels = dict(zip(others, texts, strict=True))
    if row["base_image"]:
        labels = {row["base_image"]: "", **labels}
        labels[row["base_image"]] = row["base_image_label"] or labels[row["base_image"]]
    return [Picture(source, text[:255], row.line, "base_image") for source, text in labels.items()]


def _categories(text: str) -> list[list[str]]:
    paths = []
    for path in words_in(text):
        names = [name.strip() for name in path.split("/") if name.strip()]
        names = names[1:] if names[:1] == [ROOT] else names
        if names:
            paths.append(names)
    # Magento lists the categories above, too.
    return [p for p in paths if not any(q[: len(p)] == p and q != p for q in paths)]


def _configurable(
    row: Row, simple: dict[str, Row], table: Table, options: ReadOptions
) -> ProductRecord:
    record = _product(row, table, options)
    record.own_sku = row["sku"]
    labels = _pairs(row["configurable_variation_labels"])
    codes: set[str] = set()
    for pairs in _variations(row):
        child = simple.get(pairs.pop("sku", ""))
        if child is None:
            text = _("A variation is missing from the file.")
            record.refuse(row.line, "configurable_variations", text)
            continue
        variant = _variant(record, child, options)
        variant.options = {labels.get(code, code): value for code, value in pairs.items()}
        variant.picture = child["base_image"]
        codes |= pairs.keys()
        if child["product_online"]:
            variant.is_public = child["product_online"] not in OFFLINE
        record.variants.append(variant)
    record.options = list(record.variants[0].options) if record.variants else []
    if not record.variants:
        text = _("The file has no variation of this product.")
        record.refuse(row.line, "configurable_variations", text)
    known = {one.source for one in record.pictures or ()}
    for variant in record.variants:
        if variant.picture and variant.picture not in known:
            known.add(variant.picture)
            picture = Picture(variant.picture, "", variant.line, "base_image")
            record.pictures = [*(record.pictures or ()), picture]
    record.attributes = [cell for cell in record.attributes if cell.name not in codes]
    return record


def _variant(record: ProductRecord, row: Row, options: ReadOptions) -> VariantRecord:
    variant = VariantRecord(row.line)
    column = ""
    try:
        column = "sku"
        variant.sku = sku_in(row[column])
        column = variant.price_column = "price"
        variant.price = price_in(row[column], options.decimal, may_be_free=options.may_be_free)
        column = "special_price_from_date"
        start = _moment(row[column])
        column = "special_price_to_date"
        end = _moment(row[column], is_end=True)
        column = "special_price"
        price = price_in(row[column], options.decimal, may_be_free=options.may_be_free)
        variant.sale = Sale(price, start, end) if price is not None else None
        if price is not None and variant.price is not None and price >= variant.price:
            raise CellError(_("A sale price must be below the price."))
        column = "qty"
        variant.stock = stock_in(row[column], options.decimal)
    except CellError as error:
        record.refuse(row.line, column, str(error))
    if row["product_type"]:
        is_sent = row["product_type"] not in ("virtual", "downloadable")
        variant.details["is_shipped"] = Given(is_sent, "product_type")
    readers = {
        column: reader
        for column, reader in DETAILS.items()
        if row[BY_SETTINGS.get(column, "")] != "1"
    }
    if row["enable_qty_increments"] == "0":
        readers.pop("qty_increments", None)
    read_details(record, variant, row, readers)
    return variant
