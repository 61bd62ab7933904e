"""Stock history and low-stock alerts for stock records saved by forms and imports."""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver
from oscar.apps.partner.receivers import update_stock_alerts
from oscar.core.loading import get_model

from commerce.index.receivers import is_collecting
from commerce.models import StockChange
from commerce.signals import stock_moved
from commerce.stock.history import record_stock_changes
from commerce.stock.low_stock import follow_threshold

StockRecord = get_model("partner", "StockRecord")
NUMBERS = ("num_in_stock", "num_allocated")

# Oscar's receiver sees saved records only and takes no lock; commerce.stock.low_stock replaces it.
post_save.disconnect(update_stock_alerts, sender=StockRecord)


@receiver(pre_save, sender=StockRecord)
def read_stock_before(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """Read the numbers before a save, locked if a transaction is open."""
    if raw or instance.pk is None:
        return
    records = sender.objects.filter(pk=instance.pk)
    if connection.in_atomic_block:
        records = records.select_for_update()
    instance.stock_before = records.only("partner_sku", "num_in_stock", "num_allocated").first()


@receiver(post_save, sender=StockRecord)
def follow_saved_stock(
    sender: Any, instance: Any, created: bool, raw: bool = False, **kwargs: Any
) -> None:
    """Record the change of a saved record: created, edited or imported."""
    before = instance.__dict__.pop("stock_before", None)
    if raw:
        return
    Kind = StockChange.Kind
    kind = Kind.IMPORTED if is_collecting() else Kind.EDITED
    if before is None:
        before = sender(pk=instance.pk, partner_sku=instance.partner_sku)
        kind = Kind.CREATED
    elif instance.get_deferred_fields() & set(NUMBERS):
        return
    written = kwargs.get("update_fields")
    after = [
        getattr(instance if written is None or name in written else before, name)
        for name in NUMBERS
    ]
    record_stock_changes(kind, [before], {instance.pk: tuple(after)})
    follow_threshold([instance.pk])


@receiver(stock_moved)
def follow_moved_stock(sender: Any, stockrecord_ids: Iterable[int], **kwargs: Any) -> None:
    """Open or close low-stock alerts in the transaction that moved the units."""
    follow_threshold(list(stockrecord_ids))
