"""Links by which somebody without an account follows an order: signed, and only for a while.

A link is a key: who has it sees the order. So it leaves by mail to the order's own address and
nowhere else (commerce.orders.link_requests).
"""

from datetime import datetime, timedelta

from django.core import signing
from django.urls import reverse
from django.utils import timezone
from oscar.apps.order.abstract_models import AbstractOrder
from oscar.core.loading import get_model

SALT = "commerce.order_links"


def token_for(order: AbstractOrder, *, days: int, at: datetime | None = None) -> str:
    """The signed part of a link that opens an order until ``days`` from ``at`` (now)."""
    until = (at or timezone.now()) + timedelta(days=days)
    return signing.dumps({"order": order.pk, "until": int(until.timestamp())}, salt=SALT)


def order_by_token(token: str, *, at: datetime | None = None) -> AbstractOrder | None:
    """The order that a link opens; None where it is not ours, is too old, or the order is gone."""
    try:
        facts = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    if facts["until"] < (at or timezone.now()).timestamp():
        return None
    return get_model("order", "Order").objects.filter(pk=facts["order"]).first()


def guest_order_path(order: AbstractOrder, *, days: int) -> str:
    """The page of an order for whoever has this link, for so many days."""
    return reverse("guest-order", kwargs={"token": token_for(order, days=days)})
