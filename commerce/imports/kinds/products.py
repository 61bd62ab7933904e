"""Products: found by their SKUs, else by the old shop's name in the URL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from oscar.core.loading import get_model
from oscar.core.utils import slugify

from commerce.bulk_sql import literal_in
from commerce.imports.bundles import Bundled, bundled, restore_bundles
from commerce.imports.changes import Change
from commerce.imports.exporting import Rows, plain_products, shopify_products
from commerce.imports.kinds.base import Outcome, Plan, Profile, Undone
from commerce.imports.pictures import PictureFiles
from commerce.imports.product_merging import Catalogue, merged
from commerce.imports.product_states import Existing, State, chunks, completed, states_of
from commerce.imports.product_types import make_missing
from commerce.imports.product_writing import write_products
from commerce.imports.profiles import magento, plain, shopify, woocommerce
from commerce.imports.records import ProductRecord, ReadOptions
from commerce.imports.tables import Table
from commerce.index.listings import product_url
from commerce.models import User

#: Photographs of one product in a file; they are loaded and written together. Galleries have a dozen.
MAX_PICTURES = 100
FORMATS = {"shopify": shopify, "woocommerce": woocommerce, "magento": magento}


class ProductKind:
    """Imports products with options, variants, categories, prices, stock and photographs."""

    name = "products"
    permissions = (
        "catalogue.add_product", "catalogue.change_product", "partner.add_stockrecord",
        "partner.change_stockrecord",
    )  # fmt: skip
    export_permissions = ("catalogue.view_product", "partner.view_stockrecord")

    def may_import(self, user: User) -> bool:
        """See ``Kind``."""
        return True

    def profiles(self) -> Mapping[str, Profile]:
        """See ``Kind``."""
        names = {"shopify": "Shopify", "woocommerce": "WooCommerce", "magento": "Magento"}
        found = {
            name: Profile(name, names[name], of.REQUIRED, of.COLUMNS, of.PRICE_COLUMNS)
            for name, of in FORMATS.items()
        }
        return {"plain": _PLAIN, **found}

    def detect(self, columns: tuple[str, ...]) -> str:
        """See ``Kind``."""
        return next((name for name, of in FORMATS.items() if of.looks_like(columns)), "plain")

    def known_columns(self) -> list[str]:
        """See ``Kind``."""
        return plain.ProductSheet.column_names()

    def read(self, profile: str, table: Table, options: ReadOptions) -> Iterator[ProductRecord]:
        """See ``Kind``. A SKU or product that appears twice is refused where it comes second."""
        if profile == "plain":
            records = plain.read_products(table, options)
        else:
            records = FORMATS[profile].products_in(table, options)
        read = list(records)
        _leave_out_barcodes(read)
        places: dict[str, tuple[int, str]] = {}
        handles: dict[str, int] = {}
        for record in read:
            _refuse_repeated(record, places, handles)
            yield record

    def plan(self, records: Sequence[ProductRecord], files: PictureFiles | None) -> list[Plan]:
        """See ``Kind``."""
        found = _found(records)
        existing = states_of({pk for pk in found.values() if pk})
        catalogue = Catalogue()
        in_bundles = bundled([pk for one in existing.values() for pk in one.variant_ids.values()])
        plans = []
        for record in records:
            _check_pictures(record, files)
            known = existing.get(found[id(record)] or 0)
            after = merged(record, known, catalogue)
            if known:
                restore_bundles(record, known, after, in_bundles)
            plans.append(Plan(record, known.state if known else None, after, known))
        _check_skus(plans)
        _check_barcodes(plans)
        return plans

    def load_files(self, plans: Sequence[Plan], files: PictureFiles | None) -> None:
        """See ``Kind``: loads the photographs that products do not have yet.

        Also makes the types, options and categories that are missing: hundreds of them would keep
        the batch's transaction open for seconds.
        """
        product_url(0, "-")  # a new process takes a second to load the site's URLs
        active = [p for p in plans if p.outcome in (Outcome.NEW, Outcome.CHANGED)]
        make_missing([(plan.before, plan.after) for plan in active if plan.after])
        wanted: dict[str, None] = {}
        for plan in plans:
            if plan.outcome in (Outcome.NEW, Outcome.CHANGED):
                wanted |= dict.fromkeys(_new_sources(plan))
        contents = files.load(list(wanted)) if files and wanted else {}
        for plan in plans:
            record = plan.record
            places = {one.source: one for one in getattr(record, "pictures", None) or ()}
            for source in _new_sources(plan) if plan.after else ():
                content = contents.get(source)
                place = places.get(source)
                if isinstance(content, bytes):
                    plan.extra[source] = content
                elif isinstance(content, str) and place:
                    text = _("Imported without the photograph %(source)s: %(reason)s")
                    facts = {"source": source[:120], "reason": content}
                    record.remark(place.line, place.column, text % facts)

    def write(self, plans: Sequence[Plan]) -> None:
        """See ``Kind``."""
        changes = [
            Change(plan.after, plan.existing, getattr(plan.record, "handle", ""), files=plan.extra)
            for plan in plans
        ]
        write_products(changes)
        for plan, change in zip(plans, changes, strict=True):
            plan.object_id = change.product_id
            for path in change.remarks:
                text = _("The redirect from %(path)s exists and leads elsewhere.") % {"path": path}
                plan.record.remark(plan.record.line, "", text)

    def revert(self, rows: Sequence[Undone]) -> list[bool]:
        """See ``Kind``. A product stays if what the import added to it was ordered since."""
        existing = states_of([row.object_id for row in rows])
        ordered = _ordered(
            {row.object_id: _added(row, existing.get(row.object_id)) for row in rows}
        )
        in_bundles = bundled([pk for one in existing.values() for pk in one.variant_ids.values()])
        changes, outcome = [], []
        for row in rows:
            now = existing.get(row.object_id)
            before, after = _way_back(row, now, in_bundles) if now else (None, None)
            is_same = now is not None and now.state == after
            outcome.append(is_same and row.object_id not in ordered)
            if now is not None and outcome[-1]:
                changes.append(Change(before, now))
        write_products(changes)
        return outcome

    def exports(self) -> Mapping[str, Callable[[], Rows]]:
        """See ``Kind``."""
        return {"plain": plain_products, "shopify": shopify_products}

    def left_out(self) -> list[str]:
        """See ``Kind``."""
        return []


_PLAIN = Profile(
    "plain",
    gettext_lazy("Plain: any CSV or XLSX file"),
    price_columns=("price", "sale_price"),
    is_mapped=True,
)


def _refuse_repeated(
    record: ProductRecord, places: dict[str, tuple[int, str]], handles: dict[str, int]
) -> None:
    """Refuse SKUs that an earlier row has. Databases may not tell upper from lower case.

    Handles may repeat if the products have SKUs.
    """
    for variant in record.variants:
        if not variant.sku:
            continue
        line, sku = places.setdefault(variant.sku.casefold(), (variant.line, variant.sku))
        if line != variant.line:
            text = _("Row %(line)d already has “%(sku)s”.")
            if sku != variant.sku:
                text = _("“%(sku)s” differs only in case from the SKU in row %(line)d.")
            record.refuse(variant.line, "SKU", text % {"sku": variant.sku, "line": line})
    if not record.handle:
        return
    line = handles.setdefault(slugify(record.handle), record.line)
    if line != record.line and record.has_sku:
        # By its handle a later batch would find the product that an earlier one made.
        record.is_handle_shared = True
    elif line != record.line:
        text = _("Row %(line)d already has “%(sku)s”.")
        record.refuse(record.line, "", text % {"sku": record.handle, "line": line})


def _leave_out_barcodes(records: Iterable[ProductRecord]) -> None:
    """Leave out barcodes that the file has for something else, too: the first one counts."""
    records = list(records)
    codes = {v.sku.casefold(): v.line for record in records for v in record.variants if v.sku}
    codes |= {record.own_sku.casefold(): record.line for record in records if record.own_sku}
    for record in records:
        for variant in record.variants:
            if variant.barcode is None:
                continue
            line = codes.setdefault(variant.barcode.value.casefold(), variant.line)
            if line != variant.line:
                text = _("Imported without the barcode: row %(line)d has it, too.")
                column = variant.barcode.column
                record.remark(variant.line, column, text % {"line": line})
                variant.barcode = None


def _check_barcodes(plans: Sequence[Plan]) -> None:
    """Leave out new barcodes that another product of the shop has as its code."""
    wanted: dict[str, tuple[Plan, str]] = {}
    for plan in plans:
        before = plan.before["variants"] if plan.before else {}
        for sku, row in (plan.after or {}).get("variants", {}).items():
            if row["barcode"] and row["barcode"] != before.get(sku, {}).get("barcode"):
                wanted[row["barcode"]] = (plan, sku)
    products = get_model("catalogue", "Product").objects
    for chunk in chunks(sorted(wanted)):
        for code, pk in products.filter(upc__in=chunk).values_list("upc", "pk"):
            # MariaDB finds codes with spaces behind them, too.
            plan, sku = wanted[code.strip().upper()]
            if plan.after is None or (plan.existing and plan.existing.variant_ids.get(sku) == pk):
                continue
            before = plan.before["variants"].get(sku, {}) if plan.before else {}
            plan.after["variants"][sku]["barcode"] = before.get("barcode", "")
            text = _("Imported without the barcode: another product has it.")
            plan.record.remark(plan.record.line, "", text)


def _found(records: Iterable[ProductRecord]) -> dict[int, int | None]:
    """The key of each record's product in the catalogue, by the record's ``id()``."""
    owners = owners_of({v.sku for record in records for v in record.variants if v.sku})
    handles = by_handle({one.handle for one in records if one.found_by_handle})
    own = owners_of({record.own_sku for record in records if record.own_sku})
    found: dict[int, int | None] = {}
    for record in records:
        names: dict[int, str] = {}
        for variant in record.variants:
            owner = owners.get(variant.sku.casefold())
            if owner and names and owner not in names:
                text = _("In the shop this SKU belongs to another product than %(sku)s.")
                record.refuse(variant.line, "SKU", text % {"sku": next(iter(names.values()))})
            elif owner:
                names[owner] = variant.sku
        key = next(iter(names), None) or own.get(record.own_sku.casefold())
        if not key and record.found_by_handle:
            key = handles.get(record.handle)
        found[id(record)] = key
    return found


def owners_of(skus: set[str]) -> dict[str, int]:
    """``{SKU in lower case: key of the product or of the parent}``."""
    Product, StockRecord = get_model("catalogue", "Product"), get_model("partner", "StockRecord")
    found: dict[str, int] = {}
    for chunk in chunks(sorted(skus)):
        for sku, pk, parent in Product.objects.filter(upc__in=chunk).values_list(
            "upc", "pk", "parent_id"
        ):
            found[sku.casefold()] = parent or pk
        rows = StockRecord.objects.filter(partner_sku__in=chunk)
        for sku, pk, parent in rows.values_list("partner_sku", "product_id", "product__parent_id"):
            found[sku.casefold()] = parent or pk
    return found


def by_handle(handles: set[str]) -> dict[str, int]:
    """``{handle: key of the product}`` with this slug, else with the slug that the handle makes."""
    products = get_model("catalogue", "Product").objects.filter(parent=None)
    slugs = {handle: slugify(handle) for handle in handles}
    known: dict[str, int] = {}
    for chunk in chunks(sorted({*slugs, *slugs.values()})):
        rows = products.filter(slug__in=chunk).order_by("-pk")
        known |= dict(rows.values_list("slug", "pk"))
    found = {handle: known.get(handle) or known.get(slug) for handle, slug in slugs.items()}
    return {handle: pk for handle, pk in found.items() if pk}


def _leave_out_pictures(record: ProductRecord) -> None:
    """Leave out the photographs beyond ``MAX_PICTURES``, with a remark."""
    pictures = record.pictures or []
    if surplus := pictures[MAX_PICTURES:]:
        text = _(
            "Only the first %(most)d photographs are imported; the file has %(count)d for this product."
        )
        facts = {"count": len(pictures), "most": MAX_PICTURES}
        record.remark(surplus[0].line, surplus[0].column, text % facts)
        record.pictures = pictures[:MAX_PICTURES]


def _check_pictures(record: ProductRecord, files: PictureFiles | None) -> None:
    if files is None:
        record.pictures = None
        return
    _leave_out_pictures(record)
    for picture in record.pictures or ():
        if reason := files.check(picture.source):
            text = _("Imported without the photograph: %(reason)s") % {"reason": reason}
            record.remark(picture.line, picture.column, text)


def _check_skus(plans: Sequence[Plan]) -> None:
    """Number the SKUs that the import makes where another product has them."""
    made: dict[str, list[tuple[Plan, str]]] = defaultdict(list)
    for plan in plans:
        given = {v.sku for v in getattr(plan.record, "variants", ()) if v.sku}
        before = plan.before["variants"] if plan.before else {}
        for sku in (plan.after or {}).get("variants", {}):
            if sku not in given and sku not in before:
                made[sku].append((plan, sku))
    taken = set(owners_of(set(made)))
    for sku, places in made.items():
        for plan, old in places:
            number, wanted = 1, sku
            while wanted.casefold() in taken:
                number += 1
                wanted = f"{sku[:60]}-{number}"
                taken |= set(owners_of({wanted}))
            taken.add(wanted.casefold())
            if wanted != old and plan.after:
                variants = plan.after["variants"]
                plan.after["variants"] = {
                    (wanted if name == old else name): row for name, row in variants.items()
                }


def _new_sources(plan: Plan) -> list[str]:
    before = {one["source"] for one in (plan.before or {}).get("pictures", ())}
    after = [one["source"] for one in (plan.after or {}).get("pictures", ())]
    return [source for source in after if source not in before]


def _way_back(row: Undone, now: Existing, in_bundles: Bundled) -> tuple[State | None, State]:
    """The states before and after, as they would be if the import had been today."""
    after = completed(row.after, now.state)
    if row.before is None:
        return None, after
    before = completed(row.before, now.state)
    return (
        in_bundles.without_stock(now.variant_ids, before, now.state),
        in_bundles.without_stock(now.variant_ids, after, now.state),
    )


def _added(row: Undone, now: Existing | None) -> set[int]:
    """The keys of the products and variants that a row's import added, if they are still there."""
    if now is None:
        return set()
    if row.before is None:
        return {row.object_id, *now.variant_ids.values()}
    old = row.before["variants"]
    return {pk for sku, pk in now.variant_ids.items() if sku not in old}


def _ordered(added: Mapping[int, Collection[int]]) -> set[int]:
    """The keys whose added products or variants somebody bought."""
    keys = {pk for products in added.values() for pk in products}
    lines = get_model("order", "Line").objects.filter(product__in=literal_in(keys))
    bought = set(lines.values_list("product_id", flat=True))
    return {key for key, products in added.items() if bought.intersection(products)}
