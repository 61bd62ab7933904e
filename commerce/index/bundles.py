"""Keeps the number in stock of bundles at what their parts allow.

The parts decide what can be sold: orders reserve them, never the bundle. The bundle's own number is
for lists, pages and feeds, and is updated right after the commit that changed a part.
"""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Q
from django_tasks import task
from oscar.core.loading import get_model

from commerce.bulk_sql import literal_in
from commerce.index.refresh import refresh_availability
from commerce.models import BundlePart, StockChange
from commerce.stock.availability import units_left
from commerce.stock.bundles import parts_of_bundles, records_of_parts
from commerce.stock.history import after_stock_change, record_stock_changes
from commerce.transactions import retry_transient

#: Bundles whose records one transaction of the repair locks.
BATCH = 20


@after_stock_change
def update_bundles_soon(stockrecord_ids: Collection[int]) -> None:
    """Update the bundles with these stock records after the commit: their own, or of a part."""
    ids = literal_in(stockrecord_ids)
    concerned = Q(part__stockrecords__in=ids) | Q(bundle__stockrecords__in=ids)
    bundles = set(BundlePart.objects.filter(concerned).values_list("bundle_id", flat=True))
    if bundles:
        transaction.on_commit(lambda: update_bundles(bundles), robust=True)


@retry_transient
def update_bundles(product_ids: Collection[int]) -> None:
    """Set the number in stock of bundles to what their parts allow.

    Units that were allocated before the product became a bundle are added. Locks the stock records
    of bundles and parts by key.
    """
    bundles = parts_of_bundles(product_ids)
    if not bundles:
        return
    StockRecord = get_model("partner", "StockRecord")
    with transaction.atomic():
        parts = [row for rows in bundles.values() for row in rows]
        of_parts = {record.pk for record in records_of_parts(parts).values()}
        concerned = Q(product__in=literal_in(bundles)) | Q(pk__in=literal_in(of_parts))
        locked = list(StockRecord.objects.filter(concerned).order_by("pk").select_for_update())
        left = {
            record.product_id: units_left(record.num_in_stock, record.num_allocated)
            for record in locked
            if record.pk in of_parts
        }
        records = {record.pk: record for record in locked if record.product_id in bundles}
        after = {}
        for pk, record in records.items():
            rows = bundles[record.product_id]
            possible = min(left.get(row.part_id, 0) // row.quantity for row in rows)
            after[pk] = (possible + (record.num_allocated or 0), record.num_allocated)
        changed = {pk for pk, record in records.items() if record.num_in_stock != after[pk][0]}
        record_stock_changes(StockChange.Kind.PARTS, [records[pk] for pk in changed], after)
        for pk in sorted(changed):
            StockRecord.objects.filter(pk=pk).update(num_in_stock=after[pk][0])
    if changed:
        refresh_availability(changed)


@task()
def update_all_bundles_task() -> None:
    """Scheduled: update every bundle, in case a process died after a commit."""
    keys = sorted(set(BundlePart.objects.values_list("bundle_id", flat=True)))
    for start in range(0, len(keys), BATCH):
        update_bundles(keys[start : start + BATCH])
