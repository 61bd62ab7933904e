"""How something is sold: weight, sizes, quantities, orders without stock, content and barcode.

Reads the cells, and compares them with what holds in the shop. Pure: no ORM. A state's ``details``
hold only what a variant says itself; what it does not say is its product's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeAlias

from django.utils.translation import gettext as _

from commerce.imports.cells import COMMA, POINT, CellError, moment_in, number_in, shortened
from commerce.imports.records import Given, ProductRecord, VariantRecord
from commerce.imports.tables import Row
from commerce.shop_values.barcodes import is_barcode

#: What columns that imports know but do not write are about; the report names them.
NOT_WRITTEN = {
    "Cost per item": "cost",
    "Low stock amount": "low-stock warning",
    "Variant Taxable": "tax",
    "Tax class": "tax",
    "tax_class_name": "tax",
}
#: ``{column: (detail, reader of its cells)}``.
Readers: TypeAlias = Mapping[str, tuple[str, Callable[[str], Any]]]
#: The details of a state, which are the fields of ``ProductDetails``; ``content`` has its unit.
WHOLE = (
    "weight", "length", "width", "height", "min_quantity", "step_quantity", "max_quantity"
)  # fmt: skip
FIELDS = (*WHOLE, "is_shipped", "content", "later", "available_from")
NO, BACKORDER, PREORDER = "no", "backorder", "preorder"
#: A file that only says that something may be ordered without stock, not how.
ALLOWED = "allowed"
#: Grams and millimetres in the units of files.
GRAMS = {
    "g": Decimal(1),
    "kg": Decimal(1000),
    "oz": Decimal("28.349523"),
    "lbs": Decimal("453.59237"),
}
MILLIMETRES = {
    "mm": Decimal(1), "cm": Decimal(10), "m": Decimal(1000), "in": Decimal("25.4"), "yd": Decimal("914.4")
}  # fmt: skip
#: Units of contents as files write them: ours, and how many of them.
UNITS = {
    "ml": ("ml", Decimal(1)), "cl": ("ml", Decimal(10)), "l": ("l", Decimal(1)),
    "mg": ("g", Decimal("0.001")), "g": ("g", Decimal(1)), "kg": ("kg", Decimal(1)),
    "mm": ("m", Decimal("0.001")), "cm": ("m", Decimal("0.01")), "m": ("m", Decimal(1)),
    "m2": ("m2", Decimal(1)), "m²": ("m2", Decimal(1)),
}  # fmt: skip
MOST = 2_000_000_000
MOST_CONTENT = Decimal("9999999.999")
CONTENT = re.compile(r"^(.*\d)\s*([^\d\s]+2?)$")


# --- Cells ----------------------------------------------------------------------------------------


def measure_in(
    text: str, unit: Decimal = Decimal(1), decimal: str = "", *, is_whole: bool = False
) -> int | None:
    """A weight in grams or a size in millimetres; "" and 0 are None. ``unit`` is that of the cell.

    Without a ``decimal`` it is a cell that a shop system wrote, with a point in any language.
    """
    if not text:
        return None
    number = _number(text, decimal)
    if number < 0:
        raise CellError(_("“%(text)s” is below 0.") % {"text": shortened(text)})
    if is_whole and number != int(number):
        raise CellError(_("“%(text)s” is not a whole number.") % {"text": shortened(text)})
    whole = int((number * unit).to_integral_value(ROUND_HALF_UP))
    if whole > MOST:
        raise CellError(_("“%(text)s” is too large.") % {"text": shortened(text)})
    return max(whole, 1) if number else None


def _number(text: str, decimal: str) -> Decimal:
    if decimal:
        return number_in(text, decimal)
    try:
        return number_in(text, POINT)
    except CellError:
        return number_in(text, COMMA)


def quantity_in(text: str, decimal: str = "") -> int | None:
    """A number of units from 1; "" is None."""
    if not text:
        return None
    number = _number(text, decimal)
    if number != int(number) or not 1 <= number <= MOST:
        raise CellError(_("“%(text)s” is not a whole number from 1.") % {"text": shortened(text)})
    return int(number)


def content_in(text: str, decimal: str = "") -> str | None:
    """A content such as "750 ml"; "" is None."""
    if not text:
        return None
    match = CONTENT.match(text.strip())
    unit = UNITS.get(match[2].lower()) if match else None
    if match is None or unit is None:
        raise CellError(
            _("“%(text)s” is not an amount such as 750 ml. Units are: %(units)s.")
            % {"text": shortened(text), "units": ", ".join(UNITS)}
        )
    amount = round(_number(match[1], decimal) * unit[1], 3)
    if not 0 < amount <= MOST_CONTENT:
        raise CellError(_("“%(text)s” is not a possible amount.") % {"text": shortened(text)})
    return content_text(amount, unit[0])


def content_text(amount: Decimal, unit: str) -> str:
    """A content as states hold it."""
    return f"{amount.normalize():f} {unit}"


def later_in(words: Mapping[str, str]) -> Callable[[str], str]:
    """The reader of a cell that says whether something may be ordered without stock."""

    def read(text: str) -> str:
        value = words.get(text.strip().lower())
        if value is None:
            facts = {"text": shortened(text), "words": ", ".join(words)}
            raise CellError(_("“%(text)s” is none of: %(words)s.") % facts)
        return value

    return read


def day_in(text: str) -> str | None:
    """A date as states hold it; "" is None."""
    moment = moment_in(text)
    return moment.date().isoformat() if moment else None


def read_barcode(record: ProductRecord, variant: VariantRecord, text: str, column: str) -> None:
    """Add a cell's barcode to a variant. A text that is none is left out, with a remark."""
    bare = re.sub(r"^'|[\s-]", "", text).upper()
    if not bare:
        return
    if is_barcode(bare):
        variant.barcode = Given(bare, column)
        return
    reason = _("Imported without the barcode: “%(text)s” is not a GTIN, UPC, EAN or ISBN.")
    record.remark(variant.line, column, reason % {"text": shortened(text)})


def read_details(record: ProductRecord, variant: VariantRecord, row: Row, readers: Readers) -> None:
    """Add what a row says to a variant; ``readers`` are ``{column: (detail, reader)}``."""
    for column, (name, read) in readers.items():
        if not row[column]:
            continue
        try:
            value = read(row[column])
        except CellError as error:
            record.refuse(row.line, column, str(error))
            continue
        if value is not None:
            variant.details[name] = Given(value, column)


# --- States ---------------------------------------------------------------------------------------


def details_state(row: Mapping[str, Any]) -> dict[str, Any]:
    """The details of a row of ``ProductDetails`` as states hold them: without empty ones."""
    found = {name: row[name] for name in (*WHOLE, "is_shipped") if row[name] is not None}
    if row["content"] is not None and row["content_unit"]:
        found["content"] = content_text(row["content"], row["content_unit"])
    if row["later"]:
        found["later"] = row["later"]
    if row["available_from"]:
        found["available_from"] = row["available_from"].isoformat()
    return found


def details_fields(state: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of ``ProductDetails`` of a state's details."""
    amount, _space, unit = state.get("content", "").partition(" ")
    day = state.get("available_from")
    return {
        **{name: state.get(name) for name in (*WHOLE, "is_shipped")},
        "content": Decimal(amount) if amount else None,
        "content_unit": unit,
        "later": state.get("later", ""),
        "available_from": date.fromisoformat(day) if day else None,
    }


def combined(
    own: Mapping[str, Any], product: Mapping[str, Any], *, ships: bool
) -> dict[str, Any]:  # fmt: skip
    """What holds for a variant, as ``commerce.stock.selling`` combines it; None for nothing.

    ``ships``: whether the product type is sent by post.
    """
    found = {name: own.get(name, product.get(name)) for name in (*WHOLE, "content")}
    shipped = own.get("is_shipped", product.get("is_shipped"))
    found["is_shipped"] = ships if shipped is None else shipped
    of = own if own.get("later") else product
    found["later"] = of.get("later") or NO
    found["available_from"] = of.get("available_from") if found["later"] != NO else None
    return found


def merged_details(
    record: ProductRecord, variant: VariantRecord, own: Mapping[str, Any],
    product: Mapping[str, Any], *, ships: bool,
) -> dict[str, Any]:  # fmt: skip
    """A variant's details after the import. What holds already is not repeated for the variant.

    Contradictions, with what the shop has, too, are added to the record's problems.
    """
    after, given = dict(own), variant.details
    now = combined(own, product, ships=ships)
    for name in (*WHOLE, "content", "is_shipped"):
        if name in given and given[name].value != now[name]:
            after[name] = given[name].value
    later = given["later"].value if "later" in given else now["later"]
    if later == ALLOWED:
        later = now["later"] if now["later"] != NO else BACKORDER
    day = given["available_from"].value if "available_from" in given else now["available_from"]
    if later == NO and day is not None:
        if "available_from" in given:
            text = _("Not imported: the date belongs to a pre-order or a back-order.")
            record.remark(variant.line, given["available_from"].column, text)
        day = None
    if (later, day) != (now["later"], now["available_from"]):
        after |= {"later": later, "available_from": day}
        if day is None:
            del after["available_from"]
    _check(record, variant, combined(after, product, ships=ships))
    return after


def _check(record: ProductRecord, variant: VariantRecord, now: Mapping[str, Any]) -> None:
    given = variant.details
    columns = [
        given[n].column for n in ("max_quantity", "min_quantity", "step_quantity") if n in given
    ]
    least, step, most = (now[n] for n in ("min_quantity", "step_quantity", "max_quantity"))
    smallest = -(-(least or 1) // (step or 1)) * (step or 1)
    if columns and most is not None and smallest > most:
        text = _("At most %(most)d may be ordered, but the smallest order is %(least)d.")
        record.refuse(variant.line, columns[0], text % {"most": most, "least": smallest})
    if "later" in given and now["later"] == PREORDER and not now["available_from"]:
        text = _("A pre-order needs the date from which it is sent.")
        record.refuse(variant.line, given["later"].column, text)
