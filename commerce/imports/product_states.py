"""The state of products as imports compare, undo and export it: plain values that JSON can hold.

``states_of`` reads any number of products with a constant number of queries per thousand. A state
names categories, attributes and options by their names, variants by their SKUs (``#key`` for one
without), and photographs by their sources. Texts are without surrounding whitespace, as cells are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from django.core.files.storage import default_storage
from django.utils import timezone
from oscar.core.loading import get_model
from wagtail.contrib.redirects.models import Redirect

from commerce.bulk_sql import literal_in
from commerce.clock import shop_now
from commerce.imports.cells import words_text
from commerce.imports.details import details_state
from commerce.index.listings import product_url
from commerce.models import ProductDetails, SalePrice
from commerce.urls import absolute

State: TypeAlias = dict[str, Any]
#: Keys and strings in one condition.
CHUNK = 500
#: Parts of variants that states of earlier releases lack, and their empty values.
NEWER: Mapping[str, Any] = {"barcode": "", "details": {}}
#: Types of attributes that hold files or objects.
NOT_IN_CELLS = frozenset({"file", "image", "entity"})


@dataclass
class Existing:
    """A product in the catalogue: its key, state, and the keys of what is sold by SKU.

    ``aliases`` are the shop's own URLs of photographs that came from elsewhere, with their sources.
    ``ships``: whether its type is sent by post.
    """

    product_id: int
    slug: str
    class_id: int
    state: State
    variant_ids: dict[str, int] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    ships: bool = True


def states_of(product_ids: Collection[int]) -> dict[int, Existing]:
    """The products of these keys, which are not variants, by key."""
    found: dict[int, Existing] = {}
    ids = sorted(product_ids)
    for start in range(0, len(ids), 2 * CHUNK):
        found |= _read(ids[start : start + 2 * CHUNK])
    return found


def completed(state: State, now: State) -> State:
    """A state that an earlier release stored, with the parts that it did not know as they are now."""
    variants = {
        sku: {**{part: now["variants"].get(sku, {}).get(part, of) for part, of in NEWER.items()}, **row}
        for sku, row in state["variants"].items()
    }  # fmt: skip
    return {"details": now["details"], **state, "variants": variants}


def _read(ids: list[int]) -> dict[int, Existing]:
    Product = get_model("catalogue", "Product")
    found: dict[int, Existing] = {}
    is_single: dict[int, bool] = {}
    fields = (
        "pk", "slug", "structure", "upc", "title", "description", "meta_title", "meta_description",
        "is_public", "product_class_id", "product_class__name", "product_class__requires_shipping",
    )  # fmt: skip
    rows = Product.objects.filter(pk__in=literal_in(ids), parent=None)
    for row in rows.values_list(*fields, named=True):
        is_single[row.pk] = row.structure == Product.STANDALONE
        found[row.pk] = Existing(
            row.pk, row.slug, row.product_class_id, _own_state(row),
            ships=row.product_class__requires_shipping is not False,
        )  # fmt: skip
    _read_variants(found, is_single)
    _read_categories(found)
    _read_pictures(found)
    _read_redirects(found)
    return found


def _own_state(row: Any) -> State:
    return {
        "title": (row.title or "").strip(),
        "description": (row.description or "").strip(),
        "type": row.product_class__name or "",
        "public": row.is_public,
        "meta_title": (row.meta_title or "").strip(),
        "meta_description": (row.meta_description or "").strip(),
        "own_sku": (row.upc or "") if row.structure == "parent" else "",
        "details": {},
        "categories": [],
        "attributes": {},
        "options": [],
        "variants": {},
        "pictures": [],
        "redirects": [],
    }


def _read_variants(found: Mapping[int, Existing], is_single: Mapping[int, bool]) -> None:
    Product = get_model("catalogue", "Product")
    children = Product.objects.filter(parent__in=literal_in(found)).order_by("pk")
    rows = [
        *((pk, pk, True) for pk in found if is_single[pk]),
        *children.values_list("pk", "parent_id", "is_public"),
    ]
    upcs = dict(
        Product.objects.filter(pk__in=literal_in(pk for pk, *_rest in rows)).values_list(
            "pk", "upc"
        )
    )
    records, sales = _stock_of(pk for pk, *_rest in rows)
    values = _attributes_of([*found, *(pk for pk, *_rest in rows)])
    details = _details_of([*found, *(pk for pk, *_rest in rows)])
    for pk, existing in found.items():
        if not is_single[pk]:
            existing.state["details"] = details.get(pk, {})
    for pk, values_of_product in values.items():
        if pk in found:
            found[pk].state["attributes"] = {
                code: value for code, value in values_of_product.items()
                if value["type"] not in NOT_IN_CELLS and value["value"]
            }  # fmt: skip
    for pk, parent, is_public in rows:
        record = records.get(pk)
        sku = (record.partner_sku if record else "") or upcs.get(pk) or f"#{pk}"
        options = {
            value["name"]: value["value"]
            for value in (values.get(pk, {}).values() if pk != parent else ())
            if value["type"] == "option"
        }
        existing = found[parent]
        existing.variant_ids[sku] = pk
        existing.state["variants"][sku] = {
            "options": options,
            "price": f"{record.price:.2f}" if record and record.price is not None else None,
            "sale": sales.get(record.pk) if record else None,
            "stock": record.num_in_stock if record else None,
            "public": is_public,
            # The code is the SKU, or the barcode of something that has one.
            "barcode": upcs.get(pk) or "" if upcs.get(pk) != sku else "",
            "details": details.get(pk, {}),
        }
        existing.state["options"] = sorted({*existing.state["options"], *options})


def _details_of(ids: Iterable[int]) -> dict[int, State]:
    """The details of products and variants as they say them themselves."""
    rows = ProductDetails.objects.filter(product__in=literal_in(ids)).values()
    return {row["product_id"]: details_state(row) for row in rows}


def _stock_of(ids: Iterable[int]) -> tuple[dict[int, Any], dict[int, Any]]:
    """The first stock record by product, and the next sale price that has not ended by record."""
    StockRecord = get_model("partner", "StockRecord")
    rows = StockRecord.objects.filter(product__in=literal_in(ids)).order_by("-pk")
    names = ("pk", "product_id", "partner_sku", "price", "num_in_stock")
    records = {row.product_id: row for row in rows.values_list(*names, named=True)}
    sales: dict[int, Any] = {}
    prices = SalePrice.objects.filter(
        stockrecord__in=literal_in(row.pk for row in records.values())
    )
    for record, price, start, until in prices.order_by("-start", "-pk").values_list(
        "stockrecord_id", "price", "start", "until"
    ):
        if until is None or until > shop_now():
            sales[record] = [f"{price:.2f}", moment_text(start), moment_text(until)]
    return records, sales


def moment_text(moment: datetime | None) -> str | None:
    """A moment as states hold it: UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else None


def _attributes_of(ids: Iterable[int]) -> dict[int, dict[str, dict[str, str]]]:
    """``{product: {code: {"name", "type", "value"}}}``, values as text."""
    rows = (
        get_model("catalogue", "ProductAttributeValue")
        .objects.filter(product__in=literal_in(ids))
        .order_by("product_id", "attribute_id")
        .values_list(
            "pk", "product_id", "attribute__code", "attribute__name", "attribute__type",
            "value_text", "value_integer", "value_boolean", "value_float", "value_richtext",
            "value_date", "value_datetime", "value_option__option", named=True,
        )
    )  # fmt: skip
    found: dict[int, dict[str, dict[str, str]]] = defaultdict(dict)
    several: dict[int, dict[str, str]] = {}
    for row in rows:
        kind = row.attribute__type
        value = {"name": row.attribute__name, "type": kind, "value": _value_text(row, kind)}
        found[row.product_id][row.attribute__code] = value
        if kind == "multi_option":
            several[row.pk] = value
    if several:
        through = get_model("catalogue", "ProductAttributeValue").value_multi_option.through
        links = through.objects.filter(productattributevalue__in=literal_in(several))
        names: dict[int, list[str]] = defaultdict(list)
        for pk, name in links.values_list("productattributevalue_id", "attributeoption__option"):
            names[pk].append(name.strip())
        for pk, value in several.items():
            value["value"] = words_text(sorted(names[pk]))
    return found


def _value_text(row: Any, kind: str) -> str:
    if kind == "option":
        return (row.value_option__option or "").strip()
    value = getattr(row, f"value_{kind}", None)
    if value is None:
        return ""
    if kind == "boolean":
        return "1" if value else "0"
    if kind == "float":
        return f"{value:.10g}"
    if kind == "datetime":
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    return str(value).strip()


def _read_categories(found: Mapping[int, Existing]) -> None:
    paths = category_paths()
    rows = get_model("catalogue", "ProductCategory").objects.filter(product__in=literal_in(found))
    for product, category in rows.values_list("product_id", "category_id"):
        found[product].state["categories"].append(list(paths[category]))
    for existing in found.values():
        existing.state["categories"].sort()


def category_paths() -> dict[int, tuple[str, ...]]:
    """The names from the root down of every category, ``{key: path}``; one query.

    The root for all products is left out above others.
    """
    Category = get_model("catalogue", "Category")
    names: dict[str, tuple[str, ...]] = {}
    found: dict[int, tuple[str, ...]] = {}
    rows = Category.objects.order_by("path")
    for row in rows.values_list("pk", "path", "name", "depth", "slug", named=True):
        above = names.get(row.path[: -Category.steplen], ())
        names[row.path] = () if Category.is_whole_shop(row) else (*above, row.name)
        found[row.pk] = (*above, row.name)
    return found


def _read_pictures(found: Mapping[int, Existing]) -> None:
    ProductImage = get_model("catalogue", "ProductImage")
    rows = ProductImage.objects.filter(product__in=literal_in(found))
    images = rows.order_by("product_id", "display_order", "pk").values_list(
        "pk", "product_id", "original", "caption", "import_source__source", "photo__id", named=True
    )
    through = get_model("commerce", "ProductPhoto").options.through
    links = through.objects.filter(productphoto__product_image__product__in=literal_in(found))
    shown: dict[int, list[int]] = defaultdict(list)
    for photo, option in links.values_list("productphoto_id", "attributeoption_id"):
        shown[photo].append(option)
    labels, names = _option_names({key for keys in shown.values() for key in keys})
    for row in images:
        options: dict[str, list[str]] = defaultdict(list)
        for option in shown.get(row.photo__id, ()):
            group, label = labels[option]
            name = names.get((found[row.product_id].class_id, group))
            if name is not None:
                options[name].append(label)
        own = media_url(row.original)
        if row.import_source__source:
            found[row.product_id].aliases[own] = row.import_source__source
        found[row.product_id].state["pictures"].append({
            "source": row.import_source__source or own,
            "alt": (row.caption or "").strip(),
            "options": {group: sorted(options[group]) for group in sorted(options)},
        })  # fmt: skip


def _option_names(
    keys: Collection[int],
) -> tuple[dict[int, tuple[int, str]], dict[tuple[int, int], str]]:
    """``{option key: (group, label)}``, and ``{(type, group): attribute's name}``."""
    if not keys:
        return {}, {}
    rows = get_model("catalogue", "AttributeOption").objects.filter(pk__in=literal_in(keys))
    found = rows.values_list("pk", "group", "option")
    labels = {pk: (group, label.strip()) for pk, group, label in found}
    attributes = get_model("catalogue", "ProductAttribute").objects.filter(
        type="option", option_group__in=literal_in({group for group, _label in labels.values()})
    )
    names = attributes.values_list("product_class_id", "option_group_id", "name")
    return labels, {(of, group): name for of, group, name in names}


def media_url(name: str) -> str:
    """The absolute URL of a file of the media."""
    return absolute(default_storage.url(name)) if name else ""


def _read_redirects(found: Mapping[int, Existing]) -> None:
    urls = {product_url(pk, existing.slug): existing for pk, existing in found.items()}
    for chunk in chunks(list(urls)):
        rows = Redirect.objects.filter(redirect_link__in=chunk, site=None)
        for link, path in rows.order_by("old_path").values_list("redirect_link", "old_path"):
            urls[link].state["redirects"].append(path)


def chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """The values in parts that one query may name."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
