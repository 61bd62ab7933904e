"""Signed links that let a guest follow an order for a limited time.

Anyone with a link sees the order. So links are only sent by mail, to the order's own address
(commerce.orders.link_requests).
"""

from datetime import datetime, timedelta

from django.core import signing
from django.urls import reverse
from django.utils import timezone
from oscar.apps.order.abstract_models import AbstractOrder
from oscar.core.loading import get_model

SALT = "commerce.order_links"


def token_for(order: AbstractOrder, *, days: int, at: datetime | None = None) -> str:
    """The signed token of a link that opens an order for ``days`` from ``at`` (default: now)."""
    until = (at or timezone.now()) + timedelta(days=days)
    return signing.dumps({"order": order.pk, "until": int(until.timestamp())}, salt=SALT)


def order_by_token(token: str, *, at: datetime | None = None) -> AbstractOrder | None:
    """The order of a link, or None if the token is forged or expired, or the order is gone."""
    try:
        facts = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    if facts["until"] < (at or timezone.now()).timestamp():
        return None
    return get_model("order", "Order").objects.filter(pk=facts["order"]).first()


def guest_order_path(order: AbstractOrder, *, days: int) -> str:
    """The path of an order's page for anyone with the link; it works for ``days``."""
    return reverse("guest-order", kwargs={"token": token_for(order, days=days)})
