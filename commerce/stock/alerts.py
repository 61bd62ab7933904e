"""Back-in-stock alerts: requesting, confirming, cancelling and sending.

An account's alert is active at once; other addresses confirm it by a link in a mail. Visitors get
the same answer whatever we know about the address. Mails are written here and in
``forks/customer/alerts``, always through the outbox.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django_tasks import task
from oscar.core.loading import get_class, get_model

from commerce.models import User
from commerce.shop_settings.current import in_the_shops_terms

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct
    from oscar.apps.customer.abstract_models import AbstractProductAlert


#: Unconfirmed requests per address and day: each one sends a mail.
MAX_UNCONFIRMED = 5
WINDOW = timedelta(days=1)


def _alerts() -> Any:
    return get_model("customer", "ProductAlert").objects


@transaction.atomic
def request_alert(user: User, product: AbstractProduct) -> None:
    """Create an alert for an account, once per product. Locks the account."""
    User.objects.select_for_update().get(pk=user.pk)
    ACTIVE = _alerts().model.ACTIVE
    if not _alerts().filter(user=user, product=product, status=ACTIVE).exists():
        _alerts().create(user=user, product=product)


@transaction.atomic
def request_guest_alert(
    email: str, product: AbstractProduct, *, at: datetime | None = None
) -> None:
    """Create an unconfirmed alert for an address and mail it a confirmation link.

    A repeated request sends the link again, at most once an hour. Nothing happens if the alert is
    confirmed or the address has too many requests in the last day.
    """
    at = at or timezone.now()
    alerts = _alerts().filter(email__iexact=email, user=None)
    model = alerts.model
    if alerts.filter(product=product, status=model.ACTIVE).exists():
        return
    alert = alerts.filter(product=product, status=model.UNCONFIRMED).first()
    if alert is None:
        recent = alerts.filter(status=model.UNCONFIRMED, date_created__gt=at - WINDOW)
        if recent.count() >= MAX_UNCONFIRMED:
            return
        alert = _alerts().create(email=email, product=product)
    dispatcher = get_class("customer.alerts.utils", "AlertsDispatcher")()
    dispatcher.ask_to_confirm(alert, hour=at.strftime("%Y%m%d%H"))


def products_with_alerts(stockrecord_ids: Iterable[int]) -> list[int]:
    """Keys of public products that have active alerts and units available in these stock records.

    An alert on a product with variants matches any of its variants. Two queries at most.
    """
    records = get_model("partner", "StockRecord").objects.filter(
        pk__in=stockrecord_ids,
        num_in_stock__gt=Coalesce(F("num_allocated"), Value(0)),
        product__is_public=True,
    )
    families = records.values_list("product_id", "product__parent_id")
    keys = {key for family in families for key in family if key}
    if not keys:
        return []
    waiting = _alerts().filter(status=_alerts().model.ACTIVE, product__is_public=True)
    found = waiting.filter(product__in=keys).order_by().values_list("product_id", flat=True)
    return sorted(set(found))


@transaction.atomic
def confirm_alert(alert: AbstractProductAlert) -> bool:
    """Confirm the alert of an address. Returns whether there was something to confirm.

    If the address has several alerts for one product, one stays active, so that one mail is sent.
    Locks them by key.
    """
    rows = _alerts().filter(email=alert.email, product=alert.product_id, user=None).order_by("pk")
    locked = {row.pk: row for row in rows.select_for_update()}
    alert = locked[alert.pk]
    if not alert.can_be_confirmed:
        return False
    if any(row.is_active for row in locked.values()):
        alert.cancel()
    else:
        alert.confirm()
    return True


@transaction.atomic
def cancel_alert(alert: AbstractProductAlert) -> bool:
    """Cancel an alert; if it was already sent, cancel every open alert of the same address.

    Returns whether any alert was cancelled.
    """
    if alert.can_be_cancelled:
        alert.cancel()
        return True
    open_ones = _alerts().filter(status__in=(alert.ACTIVE, alert.UNCONFIRMED), user=alert.user)
    others = list(open_ones.filter(email__iexact=alert.email)) if alert.email else []
    for other in others:
        other.cancel()
    return bool(others)


@task()
@in_the_shops_terms()
def answer_product_alerts() -> None:
    """Send all alerts for products that are back in stock, once per alert.

    Scheduled, as a fallback for stock changes that enqueued no task and for lost tasks.
    """
    get_class("customer.alerts.utils", "AlertsDispatcher")().send_alerts()


@task()
@in_the_shops_terms()
def answer_alerts_of(product_ids: Iterable[int]) -> None:
    """Send the alerts for these products as soon as they are back in stock."""
    get_class("customer.alerts.utils", "AlertsDispatcher")().send_alerts_of(product_ids)


def enqueue_stock_alerts(stockrecord_ids: Collection[int]) -> None:
    """After the commit, enqueue the alerts of these stock records."""

    def enqueue() -> None:
        if product_ids := products_with_alerts(stockrecord_ids):
            answer_alerts_of.enqueue(product_ids)

    # Robust: a failing queue must not fail the stock change; a scheduled task catches up.
    transaction.on_commit(enqueue, robust=True)
