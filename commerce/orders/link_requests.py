"""Requests for a link to an order, by its number and email address.

The response never depends on whether the order exists. The link is mailed to the order's own
address.
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
from commerce.shop_settings.current import in_the_shops_terms

#: Part of each digest; queued tasks contain digests, so this value stays.
SALT = "commerce.order_finding"


def normal_number(text: str) -> str:
    """An order number as it is stored, however it was typed or copied."""
    return unicodedata.normalize("NFKC", text).replace(" ", "").lstrip("#").upper()


def digest_of(email: str) -> str:
    """A digest of an email address, for places that must not name a person, such as queue rows."""
    return salted_hmac(SALT, email.strip().casefold(), algorithm="sha256").hexdigest()


def find_order(number: str, email: str) -> AbstractOrder | None:
    """The order with that number and email address, or None."""
    return _find_by_digest(number, digest_of(email))


def _find_by_digest(number: str, digest: str) -> AbstractOrder | None:
    orders = get_model("order", "Order").objects.select_related("user")
    order = orders.filter(number=normal_number(number)).first()
    if order is None or not order.email:
        return None
    return order if constant_time_compare(digest_of(order.email), digest) else None


@transaction.atomic
def send_link(number: str, digest: str, *, at: datetime | None = None) -> None:
    """Mail a new link to the order's own address, at most one per clock hour.

    Nothing happens if there is no such order. ``digest`` identifies the address that was typed
    (``digest_of``). The mail about an order of an account leads to the account's page.
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
@in_the_shops_terms()
def send_order_link(number: str, digest: str) -> None:
    """Mail a link to the order with that number and address, if there is one.

    The queue stores a digest because task rows outlive an erasure. Rows of the previous release
    contain the address itself.
    """
    send_link(number, digest_of(digest) if "@" in digest else digest)
