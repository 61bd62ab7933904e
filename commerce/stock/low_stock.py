"""Alerts of pieces that run low, one for each time a record falls below its threshold.

They are Oscar's ``StockAlert``s and its dashboard lists them. Oscar opens them where a record is
saved; stock that orders take is not saved, so they are kept here instead of there.
"""

from urllib.parse import urljoin

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.mail.outbox import queue_staff_mail


def follow_threshold(stockrecord_ids):
    """Open an alert for each record that is below its threshold, close those of all that are not.

    Opening writes one mail to staff. Locks the records, unless the caller's transaction holds them,
    so that of several at once one opens it. One query where no record has a threshold.
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


def _mail_staff(alert, record):
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
