"""Actions on several chosen products in the dashboard."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest
from oscar.apps.dashboard.catalogue.bulk_actions import (
    SetProductPriceAction as OscarSetProductPriceAction,
)
from oscar.core.loading import get_model

from commerce.audit.log import log_updates
from commerce.index.refresh_queue import refresh_changed


class SetProductPriceAction(OscarSetProductPriceAction):
    """Refreshes cards and writes the audit log: Oscar updates prices without signals."""

    @transaction.atomic
    def execute(self, request: HttpRequest, objects: QuerySet, form: Form) -> Any:
        families = list(objects.values_list("pk", "parent_id"))
        records = get_model("partner", "StockRecord").objects.filter(
            product__in=[pk for pk, _parent in families]
        )
        with log_updates(records):
            answer = super().execute(request, objects, form)
        refresh_changed({pk for family in families for pk in family if pk})
        return answer
