"""What imports leave as it is: the stock of bundles, and how bundles and their parts are sold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commerce.bulk_sql import literal_in
from commerce.imports.details import NO, combined
from commerce.imports.product_states import Existing, State
from commerce.imports.records import Record
from commerce.models import BundlePart

NOT_POSSIBLE = gettext_lazy(
    "Partly imported: bundles and their parts are sent by post, and bundles are sold from stock only."
)


class Bundled(NamedTuple):
    """The keys of products and variants that are bundles, and of those that are parts of one."""

    bundles: set[int]
    parts: set[int]

    def without_stock(self, rows: Mapping[str, int], state: State, now: State) -> State:
        """A state whose bundles have the stock of now; ``rows`` are keys by SKU.

        Parts that were sold since don't keep an import from being undone.
        """
        variants = dict(state["variants"])
        for sku, key in rows.items():
            if key in self.bundles and sku in variants:
                variants[sku] = {**variants[sku], "stock": now["variants"][sku]["stock"]}
        return {**state, "variants": variants}


def bundled(product_ids: Collection[int]) -> Bundled:
    """Which of these products and variants are bundles or parts. Two queries."""
    keys = literal_in(product_ids)
    bundles = BundlePart.objects.filter(bundle__in=keys).values_list("bundle_id", flat=True)
    parts = BundlePart.objects.filter(part__in=keys).values_list("part_id", flat=True)
    return Bundled(set(bundles), set(parts))


def restore_bundles(record: Record, existing: Existing, after: State, found: Bundled) -> None:
    """Take back what a file says of bundles and parts that they cannot be, with a remark.

    The stock of a bundle follows from its parts. Bundles are sold from stock only, and bundles and
    parts are sent by post.
    """
    for sku, key in existing.variant_ids.items():
        if sku not in after["variants"]:
            continue
        old, new = existing.state["variants"][sku], after["variants"][sku]
        if key in found.bundles:
            restore_stock(record, old, new)
        if new["details"] == old["details"] or key not in found.bundles | found.parts:
            continue
        now = combined(new["details"], after["details"], ships=existing.ships)
        names = [] if now["is_shipped"] else ["is_shipped"]
        if now["later"] != NO and key in found.bundles:
            names += ["later", "available_from"]
        if names:
            before = {name: old["details"][name] for name in names if name in old["details"]}
            rest = {name: of for name, of in new["details"].items() if name not in names}
            new["details"] = rest | before
            record.remark(record.line, "", str(NOT_POSSIBLE))


def restore_stock(record: Record, old: Mapping[str, Any], new: State) -> None:
    """Leave the stock of a bundle to its parts, with a remark."""
    if new["stock"] != old["stock"]:
        new["stock"] = old["stock"]
        text = _("The stock of a bundle follows from its parts; the file’s is not imported.")
        record.remark(record.line, "", text)
