"""Stock history and low-stock alerts for stock records saved by forms and imports."""

from typing import Any
from weakref import WeakKeyDictionary

from django.core.exceptions import ImproperlyConfigured
from django.db.models.base import ModelState
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver
from oscar.apps.partner.receivers import update_stock_alerts
from oscar.core.loading import get_model

from commerce.index import bundles  # noqa: F401  registers the update of bundles
from commerce.index.refresh_queue import is_collecting
from commerce.models import StockChange
from commerce.stock.history import record_stock_changes
from commerce.stock.low_stock import update_low_stock_alerts

StockRecord = get_model("partner", "StockRecord")
NUMBERS = ("num_in_stock", "num_allocated")

# Oscar's receiver sees saved records only and takes no lock; commerce.stock.low_stock replaces it.
if not post_save.disconnect(update_stock_alerts, sender=StockRecord):
    raise ImproperlyConfigured(
        "Oscar's receiver of stock records has changed: adapt the disconnect call."
    )

#: The numbers of a record before its save, by the state of the instance being saved.
_before: WeakKeyDictionary[ModelState, Any] = WeakKeyDictionary()


@receiver(pre_save, sender=StockRecord)
def read_stock_before(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """Read the numbers before a save, locked: ``StockRecord.save`` opens a transaction."""
    if raw or instance.pk is None:
        return
    records = sender.objects.select_for_update().filter(pk=instance.pk)
    _before[instance._state] = records.only("partner_sku", *NUMBERS).first()


@receiver(post_save, sender=StockRecord)
def on_stock_record_saved(
    sender: Any, instance: Any, created: bool, raw: bool = False, **kwargs: Any
) -> None:
    """Record the change of a saved record: created, edited or imported."""
    before = _before.pop(instance._state, None)
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
    update_low_stock_alerts([instance.pk])
