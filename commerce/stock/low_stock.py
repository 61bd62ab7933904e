"""Low-stock alerts: one each time a stock record falls below its threshold.

They are Oscar's ``StockAlert`` rows, listed in its dashboard. Oscar creates them when a record is
saved; orders change stock by UPDATE, so this module creates them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.mail.outbox import queue_staff_mail
from commerce.shop_settings.current import in_the_shops_terms

if TYPE_CHECKING:
    from oscar.apps.partner.abstract_models import AbstractStockRecord


def update_low_stock_alerts(stockrecord_ids: Collection[int]) -> None:
    """Open an alert for each record below its threshold and close the alerts of all others.

    Opening an alert queues one mail to staff. Locks the records, so that concurrent callers open an
    alert once. Two queries if no record has a threshold or an open alert.
    """
    StockRecord = get_model("partner", "StockRecord")
    watched = StockRecord.objects.filter(pk__in=stockrecord_ids).exclude(low_stock_threshold=None)
    alerts = get_model("partner", "StockAlert").objects
    has_open = alerts.filter(stockrecord__in=stockrecord_ids, status="Open")
    if not watched.exists() and not has_open.exists():
        return
    with transaction.atomic():
        ids = set(stockrecord_ids)
        locked = StockRecord.objects.select_for_update().filter(pk__in=ids).order_by("pk")
        low = {record.pk: record for record in locked if record.is_below_threshold}
        known = set(has_open.values_list("stockrecord_id", flat=True))
        has_open.exclude(stockrecord__in=low).update(status="Closed", date_closed=timezone.now())
        for pk in low.keys() - known:
            record = low[pk]
            alert = alerts.create(stockrecord=record, threshold=record.low_stock_threshold)
            _mail_staff(alert, record)


@in_the_shops_terms()
def _mail_staff(alert: Any, record: AbstractStockRecord) -> None:
    page = reverse("dashboard:catalogue-product", kwargs={"pk": record.product_id})
    text = _(
        "%(title)s (%(sku)s): %(left)d left to sell, the threshold is %(threshold)d.\n\n%(url)s\n"
    )
    facts = {
        "title": record.product.get_title(),
        "sku": record.partner_sku,
        "left": record.net_stock_level,
        "threshold": alert.threshold,
        "url": urljoin(settings.SITE_URL, page),
    }
    queue_staff_mail(
        key=f"low-stock:{alert.pk}",
        subject=_("Running low: %(title)s") % facts,
        text=text % facts,
    )
