"""A stock record that is saved together with its history."""

from typing import Any

from django.db import transaction
from oscar.apps.partner.abstract_models import AbstractStockRecord


class StockRecord(AbstractStockRecord):
    """Oscar's stock record."""

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the record with all consequences (history, alerts, lists) in one transaction."""
        with transaction.atomic():
            super().save(*args, **kwargs)
