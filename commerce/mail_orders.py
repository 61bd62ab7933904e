"""The mails of an order. Templates get plain values: no user, no request, no model.

They are written in the transaction of what they tell, so nothing here reads a file or a network.
"""

import logging
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from oscar.core.loading import get_class

from commerce.delivery import Arrival
from commerce.discounts import discount_name
from commerce.listings import photo_of, photos_by_product
from commerce.mail import queue_mail
from commerce.mail_templates import messages_for
from commerce.money import format_money
from commerce.pictures import sizes_of

logger = logging.getLogger(__name__)

#: The photograph beside a line, one of the sizes that pages have made (commerce.photos).
MAIL_PHOTO = "format-jpeg|width-320"


def queue_order_confirmation(order):
    """The one confirmation of a paid order, through Oscar's dispatcher and the queue."""
    if not _has_address(order):
        return
    dispatcher = get_class("order.utils", "OrderDispatcher")()
    dispatcher.send_order_placed_email_for_user(order, order_facts(order))


def queue_refund_notice(order, *, amount, key):
    """Tell the customer that money is on its way back; once for each refund's key."""
    if not _has_address(order):
        return
    facts = {**order_facts(order), "refunded": format_money(amount, order.currency)}
    messages = messages_for("order_refunded", facts)
    queue_mail(
        key=f"order-refunded:{key}",
        to=order.email,
        subject=messages["subject"],
        text=messages["body"],
        html=messages["html"],
        user=order.user,
    )


def _has_address(order):
    if not order.email:
        logger.error("order %s has no address to write to", order.number)
    return bool(order.email)


def order_facts(order):
    """What a mail may say of an order, as text. Absolute addresses, amounts ready to print."""

    def money(amount):
        return format_money(amount, order.currency)

    promise = getattr(order, "promise", None)
    shipping = order.shipping_address
    return {
        "shop_name": settings.SITE_NAME,
        "shop_url": settings.SITE_URL,
        "is_demo": not settings.STRIPE_SECRET_KEY,
        "number": order.number,
        "date_placed": order.date_placed,
        "first_name": shipping.first_name if shipping else "",
        "lines": _line_facts(order, money),
        "discounts": [
            {
                "name": discount_name(discount),
                "amount": money(discount.amount),
            }
            for discount in order.basket_discounts
        ],  # fmt: skip
        "subtotal": money(order.basket_total_before_discounts_incl_tax),
        "delivery_name": order.shipping_method,
        "delivery_charge": money(order.shipping_incl_tax) if order.shipping_incl_tax else _("free"),
        "tax": money(order.total_tax),
        "total": money(order.total_incl_tax),
        "arrival": str(Arrival(promise.arrives_from, promise.arrives_until)) if promise else "",
        "shipping_address": shipping.active_address_fields() if shipping else [],
        "billing_address": (
            order.billing_address.active_address_fields() if order.billing_address else []
        ),
        "status_url": urljoin(settings.SITE_URL, order_status_path(order)),
    }


def _line_facts(order, money):
    lines = list(order.lines.select_related("product").order_by("pk"))
    ids = {pk for line in lines if line.product for pk in (line.product_id, line.product.parent_id)}
    photos = photos_by_product(ids - {None})
    facts = []
    for line in lines:
        photo = photo_of(line.product, photos) if line.product else None
        facts.append(
            {
                "title": line.title,
                "quantity": line.quantity,
                "unit_price": money(line.unit_price_incl_tax),
                "total": money(line.line_price_before_discounts_incl_tax),
                "photo_url": mail_photo_url(photo) if photo else "",
            }
        )
    return facts


def mail_photo_url(image):
    """The absolute address of a photograph small enough for a mail; "" where none is made yet."""
    size = sizes_of(image).by_spec.get(MAIL_PHOTO)
    return urljoin(settings.SITE_URL, size.url) if size else ""


def order_status_path(order):
    """The page on which the customer follows the order, with or without an account."""
    if order.user_id:
        return reverse("customer:order", kwargs={"order_number": order.number})
    return reverse(
        "customer:anon-order",
        kwargs={"order_number": order.number, "hash": order.verification_hash()},
    )
