"""What a product's state becomes when a record is imported. Reads the catalogue through ``Catalogue``."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from oscar.core.loading import get_model
from wagtail.contrib.redirects.models import Redirect

from commerce.bulk_sql import literal_in
from commerce.catalogue.variant_editing import MAX_VARIANTS
from commerce.clock import shop_now
from commerce.fields import collation_key
from commerce.imports.cells import (
    CellError,
    moment_in,
    number_in,
    shortened,
    words_in,
    words_text,
    yes_in,
)
from commerce.imports.details import merged_details
from commerce.imports.product_states import NOT_IN_CELLS, Existing, State, moment_text
from commerce.imports.records import AttributeCell, ProductRecord, Sale, VariantRecord
from commerce.rich_html import clean_html
from commerce.slugs import code_from, slug_of_name


class Catalogue:
    """The product types, attributes and options of the catalogue, read once per batch."""

    def __init__(self) -> None:
        ProductClass = get_model("catalogue", "ProductClass")
        self.classes: dict[str, int] = {}
        self.names: dict[int, str] = {}
        self._ships: dict[str, bool] = {}
        for pk, name, ships in ProductClass.objects.order_by("-pk").values_list(
            "pk", "name", "requires_shipping"
        ):
            self.names[pk] = name
            self.classes[name.casefold()], self._ships[name.casefold()] = pk, ships
        self.attributes: dict[int, dict[str, Any]] = defaultdict(dict)
        rows = get_model("catalogue", "ProductAttribute").objects.order_by("pk")
        for row in rows.values_list(
            "pk", "product_class_id", "code", "name", "type", "option_group_id", named=True
        ):
            self.attributes[row.product_class_id][row.code] = row
        self._labels: dict[int, dict[str, str]] = {}

    def default_type(self) -> str:
        """The type of products whose file names none: the only one, else "General"."""
        return next(iter(self.names.values())) if len(self.names) == 1 else _("General")

    def type_name(self, name: str) -> str:
        """The type as the catalogue writes it."""
        key = self.classes.get(name.casefold())
        return self.names[key] if key else name

    def ships(self, type_name: str) -> bool:
        """Whether products of a type, which may be new, are sent by post."""
        return self._ships.get(type_name.casefold(), True)

    def attribute(self, type_name: str, name: str) -> Any:
        """The attribute of a type that a file calls so, or None."""
        key = self.classes.get(type_name.casefold())
        return self.attribute_of(key, name) if key else None

    def attribute_of(self, class_id: int, name: str) -> Any:
        """The attribute of a type by the code that the name makes, else by its name, or None."""
        known = self.attributes[class_id]
        wanted = name.casefold()
        same = (one for one in known.values() if one.name.casefold() == wanted)
        return known.get(code_from(name)) or next(same, None)

    def label(self, group: int | None, label: str) -> str:
        """A value as its group writes it; databases may not tell upper from lower case."""
        if group is None:
            return label
        if group not in self._labels:
            rows = get_model("catalogue", "AttributeOption").objects
            rows = rows.filter(group__in=literal_in([group])).order_by("-pk")
            options = rows.values_list("option", flat=True)
            labels = [option.strip() for option in options]
            self._labels[group] = {collation_key(label): label for label in labels}
        return self._labels[group].get(collation_key(label), label)


def merged(record: ProductRecord, existing: Existing | None, catalogue: Catalogue) -> State:
    """The state after the import; what cannot be imported is added to the record's problems.

    What the file does not say stays, and so do variants that it does not name.
    """
    state = copy.deepcopy(existing.state) if existing else new_state()
    for name in ("title", "meta_title", "meta_description", "own_sku"):
        value = getattr(record, name)
        if value is not None and (value or name != "own_sku"):
            state[name] = value
    if record.description is not None:
        state["description"] = clean_html(record.description)
    if record.is_public is not None:
        state["public"] = record.is_public
    if not state["title"] and record.title is None:  # readers refuse an empty title
        record.refuse(record.line, "", _("The product needs a title."))
    _merge_type(record, existing, state, catalogue)
    if record.categories is not None:
        before = state["categories"] if record.adds_categories else []
        paths = [*before, *(path[:20] for path in record.categories if path)]
        state["categories"] = sorted(_unique(paths))
    _merge_attributes(record, state, catalogue)
    _merge_variants(record, existing, state, catalogue)
    if record.pictures is not None:
        _merge_pictures(record, state, existing.aliases if existing else {})
    paths = [*record.redirects, *([] if existing else record.old_paths)]
    state["redirects"] = sorted({*state["redirects"], *map(normal_path, paths)})
    return state


def new_state() -> State:
    """The state of a product of which nothing is known."""
    return {
        "title": "", "description": "", "type": "", "public": True, "meta_title": "",
        "meta_description": "", "own_sku": "", "details": {}, "categories": [], "attributes": {},
        "options": [], "variants": {}, "pictures": [], "redirects": [],
    }  # fmt: skip


def normal_path(path: str) -> str:
    """The path of a URL or path as redirects are stored and looked up."""
    return Redirect.normalise_path(path)[:255]


def _unique(paths: Iterable[list[str]]) -> list[list[str]]:
    return [list(path) for path in dict.fromkeys(tuple(name[:255] for name in p) for p in paths)]


def _merge_type(
    record: ProductRecord, existing: Existing | None, state: State, catalogue: Catalogue
) -> None:
    if existing is None:
        state["type"] = catalogue.type_name(record.type or catalogue.default_type())[:128]
    elif record.type and record.type.casefold() != state["type"].casefold():
        text = _("Not imported: the type of an existing product does not change.")
        record.remark(record.line, "", text)


# --- Attributes -----------------------------------------------------------------------------------


def _merge_attributes(record: ProductRecord, state: State, catalogue: Catalogue) -> None:
    options = {code_from(name) for name in (*record.options, *state["options"])}
    # One attribute may have several columns, of different types; the filled one counts.
    for cell in sorted(record.attributes, key=lambda cell: bool(cell.text)):
        attribute = catalogue.attribute(state["type"], cell.name)
        code = attribute.code if attribute else code_from(cell.name)
        if not cell.text:
            state["attributes"].pop(code, None)
            continue
        if code_from(cell.name) in options:
            text = _("“%(name)s” is an option of the variants already.") % {"name": cell.name}
            record.remark(cell.line, cell.column, text)
            continue
        kind = attribute.type if attribute else cell.type or "text"
        try:
            value = _attribute_value(cell, attribute, kind, catalogue)
        except CellError as error:
            record.refuse(cell.line, cell.column, str(error))
            continue
        name = attribute.name if attribute else cell.name[:128]
        state["attributes"][code] = {"name": name, "type": kind, "value": value}


def _attribute_value(cell: AttributeCell, attribute: Any, kind: str, catalogue: Catalogue) -> str:
    """The value as states hold it. Raises CellError if the type cannot hold the cell."""
    if attribute and cell.type and cell.type != kind:
        text = _("The attribute “%(name)s” is of the type %(type)s, not %(given)s.")
        raise CellError(text % {"name": cell.name, "type": kind, "given": cell.type})
    if kind in NOT_IN_CELLS:
        text = _("The attribute “%(name)s” is of the type %(type)s, which a file cannot contain.")
        raise CellError(text % {"name": cell.name, "type": kind})
    if kind == "integer":
        return str(int(_whole(cell)))
    if kind == "float":
        return f"{float(_number(cell)):.10g}"
    if kind == "boolean":
        return "1" if yes_in(cell.text) else "0"
    if kind == "date":
        return str(_moment(cell).date())
    if kind == "datetime":
        return _moment(cell).strftime("%Y-%m-%d %H:%M:%S")
    group = attribute.option_group_id if attribute else None
    if kind == "option":
        return catalogue.label(group, cell.text[:255])
    if kind == "multi_option":
        parts = words_in(cell.text, "|")
        return words_text(sorted(catalogue.label(group, part[:255]) for part in parts))
    return clean_html(cell.text) if kind == "richtext" else cell.text


def _number(cell: AttributeCell) -> Decimal:
    try:
        return number_in(cell.text, ".")
    except CellError:
        return number_in(cell.text, ",")


def _whole(cell: AttributeCell) -> Decimal:
    number = _number(cell)
    if number != int(number) or abs(number) > 2_000_000_000:
        text = _("“%(text)s” is not a whole number.") % {"text": shortened(cell.text)}
        raise CellError(text)
    return number


def _moment(cell: AttributeCell) -> datetime:
    moment = moment_in(cell.text)
    if moment is None:
        raise CellError(_("“%(text)s” is not a date.") % {"text": shortened(cell.text)})
    return moment


# --- Variants -------------------------------------------------------------------------------------


def _merge_variants(
    record: ProductRecord, existing: Existing | None, state: State, catalogue: Catalogue
) -> None:
    names = _option_names(record, state, catalogue)
    is_single = not names
    if existing and bool(state["options"]) != (not is_single) and state["variants"]:
        text = _("In the shop this product has variants; in the file it has none.")
        if not is_single:
            text = _("In the shop this product has no variants; in the file it has some.")
        record.refuse(record.line, "", text)
        return
    state["options"] = sorted({*state["options"], *names.values()})
    by_values = {_key(row["options"]): sku for sku, row in state["variants"].items()}
    seen: set[Any] = set()
    for variant in record.variants:
        options = {
            names[name]: catalogue.label(_group(state, names[name], catalogue), value[:255])
            for name, value in variant.options.items() if name in names
        }  # fmt: skip
        key = _key(options)
        if key in seen:
            text = _("Another variant of the product has the same options.")
            record.refuse(variant.line, "", text)
            continue
        seen.add(key)
        sku = _sku_of(variant, key, by_values, state, existing, record)
        if sku is not None:
            before = state["variants"].get(sku)
            after = state["variants"][sku] = _variant_state(record, variant, before, options)
            if before is None and after["price"] is None and not record.problems:
                column = variant.price_column
                record.remark(variant.line, column, _("Without a price it cannot be bought."))
            after["details"] = merged_details(
                record, variant, after["details"], state["details"],
                ships=existing.ships if existing else catalogue.ships(state["type"]),
            )  # fmt: skip
            by_values[key] = sku
    if len(state["variants"]) > MAX_VARIANTS:
        text = _("A product can have %(most)d variants.") % {"most": MAX_VARIANTS}
        record.refuse(record.line, "", text)


def _key(options: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset((name, value.casefold()) for name, value in options.items())


def _option_names(record: ProductRecord, state: State, catalogue: Catalogue) -> dict[str, str]:
    """``{the file's option: the catalogue's}``."""
    known = {code_from(name): name for name in state["options"]}
    names = {}
    for name in record.options:
        code = code_from(name)
        attribute = catalogue.attribute(state["type"], name)
        if attribute and attribute.type != "option":
            text = _("“%(name)s” is an attribute of the type %(type)s in the shop, not an option.")
            record.refuse(record.line, "", text % {"name": name, "type": attribute.type})
        names[name] = known.get(code) or (attribute.name if attribute else name[:128])
    return names


def _group(state: State, name: str, catalogue: Catalogue) -> int | None:
    attribute = catalogue.attribute(state["type"], name)
    return attribute.option_group_id if attribute else None


def _sku_of(
    variant: VariantRecord, key: frozenset[Any], by_values: Mapping[frozenset[Any], str],
    state: State, existing: Existing | None, record: ProductRecord,
) -> str | None:  # fmt: skip
    """The SKU under which the state has or will have a variant; None if it is refused."""
    known = {sku.casefold(): sku for sku in state["variants"]}
    if variant.sku:
        same = by_values.get(key)
        if variant.sku.casefold() in known:
            return known[variant.sku.casefold()]
        if same is not None and existing is not None:
            text = _("In the shop the variant with these options has the SKU %(sku)s.")
            if not variant.options:
                text = _("In the shop this product has the SKU %(sku)s.")
            record.refuse(variant.line, "", text % {"sku": same})
            return None
        return variant.sku
    if key in by_values:
        return by_values[key]
    base = record.own_sku or slug_of_name(record.handle or record.title or "").upper()
    return "-".join([base, *(slug_of_name(value).upper() for _name, value in sorted(key))])[:58]


def _variant_state(
    record: ProductRecord, variant: VariantRecord, before: State | None, options: dict[str, str]
) -> State:
    after = dict(before) if before else {
        "options": {}, "price": None, "sale": None, "stock": 0, "public": True, "barcode": "",
        "details": {},
    }  # fmt: skip
    after["options"] = {**after["options"], **options}
    if variant.price is not None:
        after["price"] = f"{variant.price:.2f}"
    if variant.stock is not None:
        after["stock"] = variant.stock
    if variant.barcode is not None:
        after["barcode"] = variant.barcode.value
    if record.options and variant.is_public is not None:
        after["public"] = variant.is_public
    if variant.sale is None or isinstance(variant.sale, Sale):
        after["sale"] = sale_state(variant.sale, before, keeps_planned=variant.keeps_planned_sales)
        _check_sale(record, variant, after)
    return after


def _check_sale(record: ProductRecord, variant: VariantRecord, after: State) -> None:
    sale = after["sale"]
    if sale and after["price"] and Decimal(sale[0]) >= Decimal(after["price"]):
        text = _("The sale price %(sale)s is not below the price %(price)s.")
        record.refuse(variant.line, "", text % {"sale": sale[0], "price": after["price"]})


def sale_state(
    sale: Sale | None, before: State | None, *, keeps_planned: bool = False
) -> list[str | None] | None:
    """The sale as states hold it. One without a start keeps that of the same running sale.

    ``keeps_planned``: a file without a sale does not speak about sales that have not begun.
    """
    now = before["sale"] if before else None
    if sale is None:
        is_planned = now is not None and datetime.fromisoformat(now[1]) > shop_now()
        return now if keeps_planned and is_planned else None
    price, until = f"{sale.price:.2f}", moment_text(sale.until)
    if until and sale.until and sale.until <= shop_now():
        return None
    if sale.start is not None:
        return [price, moment_text(sale.start), until]
    is_same = now and now[0] == price and (now[2] == until or not sale.has_period)
    return now if is_same else [price, moment_text(shop_now()), until]


# --- Photographs ----------------------------------------------------------------------------------


def _merge_pictures(record: ProductRecord, state: State, aliases: Mapping[str, str]) -> None:
    """The file's photographs in their order, then those that the file does not name."""
    before = {picture["source"]: picture for picture in state["pictures"]}
    record.pictures = [
        one._replace(source=aliases.get(one.source, one.source)) for one in record.pictures or ()
    ]
    for variant in record.variants:
        variant.picture = aliases.get(variant.picture, variant.picture)
    shown = _shown_for(record, state)
    pictures = []
    for picture in record.pictures or ():
        old = before.pop(picture.source, None)
        pictures.append({
            "source": picture.source,
            "alt": picture.alt or (old["alt"] if old else ""),
            "options": shown.get(picture.source, old["options"] if old else {}),
        })  # fmt: skip
    state["pictures"] = pictures + list(before.values())


def _shown_for(record: ProductRecord, state: State) -> dict[str, dict[str, list[str]]]:
    """``{source: {option: values}}``: the options in which the variants of a photograph agree.

    An option of which it shows all values says nothing, and is left out.
    """
    everything: dict[str, set[str]] = defaultdict(set)
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    rows = {_key(row["options"]): row["options"] for row in state["variants"].values()}
    for options in rows.values():
        for name, value in options.items():
            everything[name].add(value)
    for variant in record.variants:
        wanted = {code_from(name): value for name, value in variant.options.items()}
        for name in everything if variant.picture else ():
            value = wanted.get(code_from(name))
            actual = {one.casefold(): one for one in everything[name]}
            if value is not None and value.casefold() in actual:
                found[variant.picture][name].add(actual[value.casefold()])
    return {
        source: {n: sorted(v) for n, v in sorted(options.items()) if v != everything[n]}
        for source, options in found.items()
    }
