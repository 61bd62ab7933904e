"""Who waits for a piece that is sold out: asking, confirming, forgetting.

An account is believed at once; any other address has to confirm by a link in a mail. What a
visitor reads is the same whatever we know about the address. Mails are written here and in
``forks/customer/alerts``, always through the outbox.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django_tasks import task
from oscar.core.loading import get_class, get_model

from commerce.models import User

#: Requests that one unproven address may have open in a day: each is a mail to somebody.
MAX_UNCONFIRMED = 5
WINDOW = timedelta(days=1)


def _alerts():
    return get_model("customer", "ProductAlert").objects


@transaction.atomic
def wait_as_customer(user, product):
    """Note that an account waits for a product, once. Locks the account."""
    User.objects.select_for_update().get(pk=user.pk)
    ACTIVE = _alerts().model.ACTIVE
    if not _alerts().filter(user=user, product=product, status=ACTIVE).exists():
        _alerts().create(user=user, product=product)


@transaction.atomic
def wait_as_guest(email, product, *, at=None):
    """Note that an address would like to wait for a product, and ask its owner by mail.

    An open request is asked about again, at most once an hour; a confirmed one is left alone, and
    so is an address with too many requests of today.
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


def waited_for(stockrecord_ids):
    """Keys of the public products that somebody waits for, and of which these records have units.

    Whoever waits for a product with variants is answered by each of them. Two queries at most.
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
def confirm(alert):
    """The owner of the address said yes. Returns whether there was something to confirm.

    Of several requests for one piece one stays, so that one mail goes out. Locks them by key.
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
def forget(alert):
    """Cancel an alert; where it was answered already, every open one of its address.

    Returns whether anything was cancelled.
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
def answer_product_alerts():
    """Mail everybody who waits for a product that is back in stock, once for each alert.

    Runs by the clock, for stock whose return was not noticed or whose task was lost.
    """
    get_class("customer.alerts.utils", "AlertsDispatcher")().send_alerts()


@task()
def answer_alerts_of(product_ids):
    """Mail those who wait for these products, as soon as their stock is back."""
    get_class("customer.alerts.utils", "AlertsDispatcher")().send_alerts_of(product_ids)
