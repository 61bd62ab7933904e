"""WooCommerce's product CSV: one row per product or variation, which names its parent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from django.utils.html import escape
from django.utils.translation import gettext as _
from oscar.core.utils import slugify

from commerce.imports.cells import (
    CellError,
    moment_in,
    price_in,
    sku_in,
    stock_in,
    words_in,
    yes_in,
)
from commerce.imports.details import (
    ALLOWED,
    GRAMS,
    MILLIMETRES,
    NO,
    Readers,
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
from commerce.slugs import slug_of_name

REQUIRED = ("Type", "Name")
PRICE_COLUMNS = ("Sale price", "Regular price")
BARCODE = "GTIN, UPC, EAN, or ISBN"
BACKORDERS = "Backorders allowed?"
#: What stands for the stock of a variation that its product counts, and for the availability of what
#: is sold out and can be ordered.
OF_PARENT, ON_BACKORDER = "parent", "backorder"
#: How something is sold. The heading names the unit that the old shop used.
DETAILS: Readers = {
    **{f"Weight ({name})": ("weight", partial(measure_in, unit=of)) for name, of in GRAMS.items()},
    **{
        f"{side} ({name})": (side.lower(), partial(measure_in, unit=of))
        for side in ("Length", "Width", "Height")
        for name, of in MILLIMETRES.items()
    },
    BACKORDERS: (
        "later",
        later_in({"0": NO, "no": NO, "1": ALLOWED, "yes": ALLOWED, "notify": ALLOWED}),
    ),
    # The opposite is not said: it may have a limit here.
    "Sold individually?": ("max_quantity", lambda text: 1 if yes_in(text) else None),
}
COLUMNS = frozenset(
    [
        "ID",
        "Type",
        "SKU",
        "Name",
        "Published",
        "Visibility in catalog",
        "Short description",
        "Description",
        "Date sale price starts",
        "Date sale price ends",
        "In stock?",
        "Stock",
        "Sale price",
        "Regular price",
        "Categories",
        "Images",
        "Parent",
        BARCODE,
        *DETAILS,
    ]
)
ATTRIBUTE_COLUMN = re.compile(r"^Attribute (\d+) (name|value\(s\)|visible|global|default)$")
#: Where a product's page was at WooCommerce.
OLD_PATH = "/product/%s"
#: Types whose products this shop cannot sell.
OTHER_TYPES = frozenset({"grouped", "external", "subscription", "variable-subscription", "bundle"})


def looks_like(columns: tuple[str, ...]) -> bool:
    """Whether a file with these columns is a product export of WooCommerce."""
    return {"Type", "Name", "Regular price"} <= set(columns)


def products_in(table: Table, options: ReadOptions) -> Iterator[ProductRecord]:
    """The products of a file in order; variations follow their parents wherever they stand."""
    found: list[ProductRecord] = []
    parents: dict[str, tuple[ProductRecord, Row]] = {}
    variations: list[Row] = []
    for row in table.rows:
        if "variation" in words_in(row["Type"].lower()):
            variations.append(row)
            continue
        record = _product(row, table, options)
        found.append(record)
        for key in (row["SKU"], f"id:{row['ID']}" if row["ID"] else ""):
            if key:
                parents.setdefault(key, (record, row))
    for row in variations:
        parent, top = parents.get(row["Parent"], (None, row))
        if parent is None:
            parent = ProductRecord(row.line, row["SKU"] or row["Name"])
            text = _("The file has no product “%(parent)s”.") % {"parent": row["Parent"]}
            parent.refuse(row.line, "Parent", text)
            found.append(parent)
        elif row["Stock"] == OF_PARENT:
            row = _with_stock_of(parent, top, row)
        _add_variation(parent, row, table, options)
    handles: set[str] = set()
    for record in found:
        _settle_options(record)
        if record.handle in handles:
            record.old_paths = []  # WooCommerce has numbered its address
        handles.add(record.handle)
        yield record


def _with_stock_of(parent: ProductRecord, top: Row, row: Row) -> Row:
    """The row of a variation with the stock of its product, whose back-orders count with it."""
    if top["Stock"]:
        text = _("The file counts the stock of all variations together. Each one gets all of it.")
        parent.remark(top.line, "Stock", text)
    return replace(row, cells=row.cells | {name: top[name] for name in ("Stock", BACKORDERS)})


def _product(row: Row, table: Table, options: ReadOptions) -> ProductRecord:
    types = words_in(row["Type"].lower())
    record = ProductRecord(row.line, row["SKU"] or row["Name"] or f"id:{row['ID']}")
    if row.surplus:
        record.refuse(row.line, "", _("The row has more cells than the heading."))
    for name in sorted(row.formulas):
        record.refuse(row.line, name, _("The cell contains a formula. Save it as a value."))
    for word in types:
        if word in OTHER_TYPES:
            text = _("Products of the type “%(type)s” cannot be imported.") % {"type": word}
            record.refuse(row.line, "Type", text)
        elif word == "downloadable":
            record.remark(row.line, "Type", _("Imported without the files to download."))
    if not row["Name"]:
        record.refuse(row.line, "Name", _("The product needs a name."))
    record.title, record.handle = row["Name"][:255], slugify(row["Name"]) if row["Name"] else ""
    record.is_handle_shared = True  # it is made of the name
    if "Description" in table.columns or "Short description" in table.columns:
        record.description = _html(row["Short description"]) + _html(row["Description"])
    if "Published" in table.columns:
        record.is_public = row["Published"] == "1" and row["Visibility in catalog"] != "hidden"
    if "Categories" in table.columns:
        record.categories = [
            [part.strip() for part in path.split(">") if part.strip()]
            for path in words_in(row["Categories"])
        ]
    if "Images" in table.columns:
        sources = dict.fromkeys(words_in(row["Images"]))
        record.pictures = [Picture(source, "", row.line, "Images") for source in sources]
    record.attributes = list(_attributes(row, table))
    if options.with_redirects and record.handle:
        # WordPress writes the letters of its language in ASCII, as we do.
        record.old_paths = [OLD_PATH % slug_of_name(row["Name"])]
    if "variable" in types:
        record.own_sku = _sku(record, row)
    elif not record.problems or types:
        record.variants = [_variant(record, row, table, options)]
    return record


def _html(text: str) -> str:
    """The text as HTML; the export writes line breaks as a backslash and an n."""
    text = text.replace("\\n", "\n").strip()
    if "<" in text or not text:
        return text.replace("\n", "<br>") if "<" in text and "<p" not in text else text
    paragraphs = re.split(r"\n{2,}", text)
    return "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in paragraphs)


def _attributes(row: Row, table: Table) -> Iterator[AttributeCell]:
    for column in table.columns:
        match = ATTRIBUTE_COLUMN.match(column)
        if match and match[2] == "name" and row[column]:
            values = f"Attribute {match[1]} value(s)"
            if row[values]:
                yield AttributeCell(row[column], "", row[values], row.line, values)


def _sku(record: ProductRecord, row: Row) -> str:
    try:
        return sku_in(row["SKU"])
    except CellError as error:
        record.refuse(row.line, "SKU", str(error))
        return ""


def _variant(record: ProductRecord, row: Row, table: Table, options: ReadOptions) -> VariantRecord:
    variant = VariantRecord(row.line, sku=_sku(record, row))
    is_on_backorder = row["In stock?"].lower() == ON_BACKORDER
    column = ""
    try:
        column = variant.price_column = "Regular price"
        variant.price = price_in(row[column], options.decimal, may_be_free=options.may_be_free)
        column = "Date sale price starts"
        start = moment_in(row[column])
        column = "Date sale price ends"
        end = moment_in(row[column], is_end=True)
        column = "Sale price"
        if column in table.columns:
            price = price_in(row[column], options.decimal, may_be_free=options.may_be_free)
            variant.sale = Sale(price, start, end) if price is not None else None
            if price is not None and variant.price is not None and price >= variant.price:
                raise CellError(_("A sale price must be below the price."))
        column = "Stock"
        variant.stock = stock_in(row[column], options.decimal)
        column = "In stock?"
        if variant.stock is None and not is_on_backorder and yes_in(row[column]):
            variant.stock = options.untracked_stock
            text = _("The file doesn’t track this stock. It is set to %(units)d.")
            record.remark(row.line, "Stock", text % {"units": options.untracked_stock})
        elif variant.stock is None:
            variant.stock = 0
    except CellError as error:
        record.refuse(row.line, column, str(error))
    types = words_in(row["Type"].lower())
    is_sent = not {"virtual", "downloadable"}.intersection(types)
    variant.details["is_shipped"] = Given(is_sent, "Type")
    read_details(record, variant, row, DETAILS)
    if is_on_backorder:
        # Without a counted stock the file allows no back-orders, and sells it all the same.
        variant.details["later"] = Given(ALLOWED, "In stock?")
    read_barcode(record, variant, row[BARCODE], BARCODE)
    return variant


def _add_variation(parent: ProductRecord, row: Row, table: Table, options: ReadOptions) -> None:
    variant = _variant(parent, row, table, options)
    for cell in _attributes(row, table):
        variant.options[cell.name] = cell.text
    if row["Published"] not in ("", "1"):
        variant.is_public = False
    picture = next(iter(words_in(row["Images"])), "")
    if picture:
        variant.picture = picture
        if picture not in {one.source for one in parent.pictures or ()}:
            parent.pictures = [
                *(parent.pictures or ()), Picture(picture, "", row.line, "Images")
            ]  # fmt: skip
    parent.variants.append(variant)


def _settle_options(record: ProductRecord) -> None:
    """The options are the attributes that variations have; the others describe the product."""
    used = {name for variant in record.variants for name in variant.options}
    record.options = [cell.name for cell in record.attributes if cell.name in used]
    record.options += sorted(used - set(record.options))
    record.attributes = [cell for cell in record.attributes if cell.name not in used]
    for variant in record.variants if used else ():
        for name in record.options:
            if name not in variant.options:
                text = _("The variation is for any “%(option)s”. Give it one value.")
                record.refuse(variant.line, "Attribute 1 value(s)", text % {"option": name})
    if not record.variants and not record.problems:
        record.refuse(record.line, "Type", _("The file has no variation of this product."))
