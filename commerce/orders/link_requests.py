"""Asking for a link to an order by its number and address.

Whatever is asked for, the answer is the same: the link leaves by mail, to the order's own address.
"""

import unicodedata
from datetime import datetime
from urllib.parse import urljoin

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django_tasks import task
from oscar.apps.order.abstract_models import AbstractOrder
from oscar.core.loading import get_model

from commerce.mail.outbox import queue_mail
from commerce.mail.templates import messages_for
from commerce.orders.mails import order_status_path, shop_facts

SALT = "commerce.order_finding"


def normal_number(text: str) -> str:
    """An order number as it is stored, however it was copied from a mail."""
    return unicodedata.normalize("NFKC", text).replace(" ", "").lstrip("#").upper()


def digest_of(email: str) -> str:
    """What stands for an address where nothing may name a person, such as in a queue's rows."""
    return salted_hmac(SALT, email.strip().casefold(), algorithm="sha256").hexdigest()


def find_order(number: str, email: str) -> AbstractOrder | None:
    """The order of that number which was placed with that address, or None."""
    return _find_by_digest(number, digest_of(email))


def _find_by_digest(number: str, digest: str) -> AbstractOrder | None:
    orders = get_model("order", "Order").objects.select_related("user")
    order = orders.filter(number=normal_number(number)).first()
    if order is None or not order.email:
        return None
    return order if constant_time_compare(digest_of(order.email), digest) else None


@transaction.atomic
def send_link(number: str, digest: str, *, at: datetime | None = None) -> None:
    """Mail a fresh link to the order's own address, at most once an hour. Says nothing of the rest.

    ``digest`` stands for the address that was asked with (``digest_of``).

    An order in an account is opened by signing in: its mail leads there.
    """
    order = _find_by_digest(number, digest)
    if order is None:
        return
    at = at or timezone.now()
    facts = {
        **shop_facts(),
        "number": order.number,
        "link_url": urljoin(
            settings.SITE_URL, order_status_path(order, days=settings.GUEST_LINK_DAYS)
        ),
        "days": None if order.user_id else settings.GUEST_LINK_DAYS,
    }
    messages = messages_for("order_link", facts)
    queue_mail(
        key=f"order-link:{order.number}:{at:%Y%m%d%H}",
        to=order.email,
        subject=messages["subject"],
        text=messages["body"],
        html=messages["html"],
        user=order.user,
    )


@task()
def send_order_link(number: str, digest: str) -> None:
    """Mail a link to an order, where there is one of that number and address.

    The queue keeps a digest: rows of tasks outlive an erasure. A row that the previous release
    enqueued holds the address itself.
    """
    send_link(number, digest_of(digest) if "@" in digest else digest)
