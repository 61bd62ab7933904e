"""Writes product states to the catalogue in bulk: from one state to another, or to nothing.

The same functions import and undo. Everything happens in the caller's transaction; the caller
refreshes the lists (``one_refresh``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from oscar.core.loading import get_model
from oscar.core.utils import slugify
from wagtail.contrib.redirects.models import Redirect

from commerce.audit.log import entries_at_once
from commerce.bulk_sql import literal_in, update_rows
from commerce.imports.cells import words_in
from commerce.imports.changes import Change, inserted
from commerce.imports.details_writing import write_details
from commerce.imports.picture_writing import write_pictures
from commerce.imports.product_merging import Catalogue
from commerce.imports.product_states import State, chunks
from commerce.imports.product_types import Types, category_ids
from commerce.imports.stock_writing import write_stock
from commerce.index.listings import product_url
from commerce.index.refresh import delete_listings
from commerce.index.refresh_queue import refresh_changed
from commerce.slugs import cut_slug, slug_of_name, unique_slug

#: The fields of a product that a state names alike.
FIELDS = {
    "title": "title",
    "description": "description",
    "public": "is_public",
    "meta_title": "meta_title",
    "meta_description": "meta_description",
}


def write_products(changes: Sequence[Change]) -> None:
    """Write all changes. Call it in a transaction, within ``one_refresh``."""
    for change in changes:
        if change.existing:
            change.product_id = change.existing.product_id
            change.class_id, change.slug = change.existing.class_id, change.existing.slug
            change.variant_ids = dict(change.existing.variant_ids)
    _delete([change for change in changes if change.after is None])
    rest = [change for change in changes if change.after is not None]
    types = Types(Catalogue())
    _write_rows(rest, types)
    _write_variants(rest)
    _write_attributes(rest, types)
    write_stock(rest)
    write_details(rest)
    _write_categories(rest)
    write_pictures(rest, types)
    _write_redirects(rest)
    refresh_changed({change.product_id for change in rest})


def _delete(changes: Sequence[Change]) -> None:
    """Delete the products of these changes with their redirects and listings, all at once."""
    keys = sorted(change.product_id for change in changes)
    if not keys:
        return
    for chunk in chunks([product_url(change.product_id, change.slug) for change in changes]):
        Redirect.objects.filter(redirect_link__in=chunk).delete()
    delete_listings(keys)
    _delete_rows(keys)


def _delete_rows(keys: Sequence[int]) -> None:
    """Delete products or variants, which sends their signals; the audit log is written at once."""
    # A query of the products' own table: an OR over two tables uses no index.
    gone = get_model("catalogue", "Product").objects.filter(
        Q(pk__in=literal_in(keys)) | Q(parent__in=literal_in(keys))
    )
    records = get_model("partner", "StockRecord").objects.filter(product__in=gone.values("pk"))
    names = {
        ("partner.stockrecord", row.pk): str(row)
        for row in records.select_related("product__parent", "partner")
    }
    with entries_at_once(names):
        get_model("catalogue", "Product").objects.filter(pk__in=literal_in(keys)).delete()


# --- Products and variants ------------------------------------------------------------------------


def _write_rows(changes: Sequence[Change], types: Types) -> None:
    Product = get_model("catalogue", "Product")
    new = [change for change in changes if change.existing is None]
    taken = _taken_slugs(new)
    rows = []
    for change in new:
        state = change.state
        change.class_id = types.class_id(state["type"])
        change.slug = _slug(change, taken)
        rows.append(
            Product(
                structure=Product.PARENT if state["options"] else Product.STANDALONE,
                product_class_id=change.class_id,
                slug=change.slug,
                upc=_upc(state),
                **{column: state[name] for name, column in FIELDS.items()},
            )
        )
    for change, row in zip(new, inserted(rows), strict=True):
        change.product_id = row.pk
        if not change.state["options"]:
            change.variant_ids = dict.fromkeys(change.state["variants"], row.pk)
    for change in changes:
        if change.before is not None:
            _update_row(change)


def _upc(state: State) -> str | None:
    if state["options"]:
        return state["own_sku"][:64] or None
    return next((_code(sku, row) for sku, row in state["variants"].items()), None)


def _code(sku: str, row: State) -> str | None:
    """The code of what is sold: its barcode, else its SKU. It is unique, and empty is NULL."""
    code = row["barcode"] or sku
    return code[:64] if code and not code.startswith("#") else None


def _update_row(change: Change) -> None:
    before, after = change.before or {}, change.state
    fields = {c: after[name] for name, c in FIELDS.items() if before[name] != after[name]}
    if before["own_sku"] != after["own_sku"]:
        fields["upc"] = after["own_sku"] or None
    if fields:
        rows = get_model("catalogue", "Product").objects.filter(pk=change.product_id)
        rows.update(date_updated=timezone.now(), **fields)


def _taken_slugs(new: Sequence[Change]) -> set[str]:
    products = get_model("catalogue", "Product").objects.filter(parent=None)
    found: set[str] = set()
    for chunk in chunks([_wanted_slug(change) for change in new]):
        found |= set(products.filter(slug__in=chunk).values_list("slug", flat=True))
    return found


def _wanted_slug(change: Change) -> str:
    return cut_slug(slugify(change.handle or change.state["title"]), 255)


def _slug(change: Change, taken: set[str]) -> str:
    slug = _wanted_slug(change)
    if slug in taken:
        products = get_model("catalogue", "Product").objects.filter(parent=None)
        slug = unique_slug(slug, products, length=255)
        number = 1
        while slug in taken:  # by another product of this batch
            number += 1
            slug = f"{cut_slug(slug, 240)}-{number}"
    taken.add(slug)
    return slug


def _write_variants(changes: Sequence[Change]) -> None:
    Product = get_model("catalogue", "Product")
    new: list[tuple[Change, str]] = []
    gone: list[int] = []
    for change in changes:
        before = change.before["variants"] if change.before else {}
        after = change.state["variants"]
        gone += [pk for sku, pk in change.variant_ids.items() if sku not in after]
        for sku, row in after.items():
            if sku not in change.variant_ids:
                new.append((change, sku))
            elif change.state["options"] and row["public"] != before[sku]["public"]:
                rows = Product.objects.filter(pk=change.variant_ids[sku])
                rows.update(is_public=row["public"], date_updated=timezone.now())
    if gone:
        _delete_rows(gone)
    _write_codes(changes)
    rows = [_variant(change, sku) for change, sku in new]
    for (change, sku), row in zip(new, inserted(rows), strict=True):
        change.variant_ids[sku] = row.pk


def _write_codes(changes: Sequence[Change]) -> None:
    """Write the barcodes that differ in what the catalogue has."""
    moment = timezone.now()
    rows = [
        (_code(sku, after), moment, change.variant_ids[sku])
        for change in changes if change.before
        for sku, after in change.state["variants"].items()
        if sku in change.before["variants"]
        and after["barcode"] != change.before["variants"][sku]["barcode"]
    ]  # fmt: skip
    update_rows(get_model("catalogue", "Product"), ("upc", "date_updated"), rows)


def _variant(change: Change, sku: str) -> Any:
    Product = get_model("catalogue", "Product")
    row = change.state["variants"][sku]
    name = ", ".join(row["options"].values())
    return Product(
        structure=Product.CHILD,
        parent_id=change.product_id,
        upc=_code(sku, row),
        title=f"{change.state['title']}, {name}"[:255],
        slug=cut_slug(slug_of_name(f"{change.state['title']} {name}"), 255),
        is_public=row["public"],
    )


# --- Attributes -----------------------------------------------------------------------------------


def _write_attributes(changes: Sequence[Change], types: Types) -> None:
    Value = get_model("catalogue", "ProductAttributeValue")
    wanted: dict[tuple[int, int], tuple[Any, str]] = {}
    gone: list[tuple[int, int]] = []
    for change in changes:
        before, after = change.before or {}, change.state
        old = before.get("attributes", {})
        for code in old.keys() | after["attributes"].keys():
            new = after["attributes"].get(code)
            if new == old.get(code):
                continue
            given = new or old[code]
            attribute = types.attribute(change.class_id, given["name"], given["type"])
            if new is None:
                gone.append((change.product_id, attribute.pk))
            else:
                wanted[change.product_id, attribute.pk] = (attribute, new["value"])
        for sku, row in after["variants"].items() if after["options"] else ():
            own = before.get("variants", {}).get(sku, {}).get("options", {})
            for name, label in row["options"].items():
                if own.get(name) != label:
                    option = types.attribute(change.class_id, name, "option", is_option=True)
                    wanted[change.variant_ids[sku], option.pk] = (option, label)
    rows = Value.objects.filter(
        product__in=literal_in({pk for pk, _attribute in (*wanted, *gone)})
    ).values_list("pk", "product_id", "attribute_id")
    known = {(product, attribute): pk for pk, product, attribute in rows}
    Value.objects.filter(pk__in=literal_in(known[key] for key in gone if key in known)).delete()
    _save_values(wanted, known, types)


def _save_values(
    wanted: Mapping[tuple[int, int], tuple[Any, str]], known: Mapping[tuple[int, int], int],
    types: Types,
) -> None:  # fmt: skip
    Value = get_model("catalogue", "ProductAttributeValue")
    new, several = [], []
    for key, (attribute, text) in wanted.items():
        if attribute.type == "multi_option":
            several.append((key, attribute, text))
            continue
        fields = _value_fields(attribute, text, types)
        if key in known:
            Value.objects.filter(pk=known[key]).update(**fields)
        else:
            new.append(Value(product_id=key[0], attribute_id=key[1], **fields))
    Value.objects.bulk_create(new)
    for key, attribute, text in several:
        row, _new = Value.objects.get_or_create(product_id=key[0], attribute_id=key[1])
        labels = words_in(text, "|")
        row.value_multi_option.set(
            [types.value(attribute.option_group_id, label) for label in labels]
        )


def _value_fields(attribute: Any, text: str, types: Types) -> dict[str, Any]:
    kind = attribute.type
    if kind == "option":
        return {"value_option_id": types.value(attribute.option_group_id, text)}
    if kind == "datetime":
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
        return {"value_datetime": timezone.make_aware(moment)}
    convert: dict[str, Callable[[str], Any]] = {
        "integer": int,
        "float": float,
        "boolean": lambda value: value == "1",
    }
    return {f"value_{kind}": convert.get(kind, str)(text)}


# --- Categories and redirects ---------------------------------------------------------------------


def _write_categories(changes: Sequence[Change]) -> None:
    Link = get_model("catalogue", "ProductCategory")
    changed = [
        change for change in changes
        if change.state["categories"] != (change.before["categories"] if change.before else [])
    ]  # fmt: skip
    if not changed:
        return
    keys = category_ids(change.state for change in changed)
    old = [change.product_id for change in changed if change.before]
    Link.objects.filter(product__in=literal_in(old)).delete()
    Link.objects.bulk_create(
        Link(product_id=change.product_id, category_id=keys[tuple(path)])
        for change in changed
        for path in change.state["categories"]
    )


def _write_redirects(changes: Iterable[Change]) -> None:
    """Add the old paths that no other redirect has; a remark names the others."""
    wanted: dict[str, Change] = {}
    for change in changes:
        before = set(change.before["redirects"]) if change.before else set()
        after = set(change.state["redirects"])
        link = product_url(change.product_id, change.slug)
        if gone := before - after:
            Redirect.objects.filter(redirect_link=link, old_path__in=gone).delete()
        wanted |= dict.fromkeys(after - before, change)
    taken: set[str] = set()
    for chunk in chunks(list(wanted)):
        rows = Redirect.objects.filter(old_path__in=chunk, site=None)
        taken |= set(rows.values_list("old_path", flat=True))
    for path in taken & wanted.keys():
        wanted[path].remarks.append(path)
        wanted[path].state["redirects"].remove(path)
    Redirect.objects.bulk_create(
        Redirect(old_path=path, redirect_link=product_url(change.product_id, change.slug))
        for path, change in wanted.items()
        if path not in taken
    )
