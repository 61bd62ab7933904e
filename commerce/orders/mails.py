"""The mails about an order. Templates get plain values: no user, no request, no model.

They are queued in the transaction they report on, so nothing here reads files or the network.
"""

import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from oscar.apps.order.abstract_models import AbstractLine, AbstractOrder
from oscar.core.loading import get_class

from commerce.demonstration import is_demonstration
from commerce.digital.downloads import CONSENT
from commerce.digital.goods import AUTOMATIC
from commerce.images.pictures import sizes_of
from commerce.index.listings import line_displays
from commerce.mail.outbox import queue_mail
from commerce.mail.templates import messages_for
from commerce.money import format_money, round_money
from commerce.order_statuses import AUTHORISED
from commerce.orders.fulfilment import fulfilments_of_lines
from commerce.orders.guest_links import guest_order_path
from commerce.pricing.delivery import Arrival, is_collected
from commerce.pricing.discounts import discount_name
from commerce.shop_settings.current import current_shop
from commerce.taxes.rows import tax_rows_of_order

logger = logging.getLogger(__name__)

#: The size of the photograph beside a line; pages create it too (commerce.images.photos).
MAIL_PHOTO = "format-jpeg|width-320"


def queue_order_confirmation(order: AbstractOrder, *, not_charged: Decimal = Decimal(0)) -> None:
    """Queue the confirmation of a paid order through Oscar's dispatcher.

    ``not_charged`` is the part of the total that was waived.
    """
    if not _has_address(order):
        return
    dispatcher = get_class("order.utils", "OrderDispatcher")()
    facts = order_facts(order)
    if not_charged:
        facts["not_charged"] = format_money(not_charged, order.currency)
        facts["paid"] = format_money(order.total_incl_tax - not_charged, order.currency)
    dispatcher.send_order_placed_email_for_user(order, facts)


def queue_refund_notice(
    order: AbstractOrder, *, amount: Decimal, key: str, is_whole: bool = True
) -> None:
    """Tell the customer about a refund, once per ``key``.

    ``is_whole``: everything that was paid is refunded, so nothing more is delivered.
    """
    refunded = format_money(amount, order.currency)
    facts = {**order_facts(order), "refunded": refunded, "is_whole": is_whole}
    queue_order_mail(order, "order_refunded", facts, key=f"order-refunded:{key}")


def queue_transfer_request(order: AbstractOrder, details: dict[str, Any]) -> None:
    """Tell the customer where to transfer the order's total, or the missing rest of it.

    Sent once per order and amount received. ``details`` has ``account_name``, ``account``,
    ``reference``, ``until``, ``arrived`` and ``missing``.
    """
    until = date_format(timezone.localtime(details["until"]), "DATE_FORMAT")
    facts = {**order_facts(order), **details, "until": until}
    key = f"order-received:{order.number}"
    if arrived := details["arrived"]:
        key = f"{key}:{arrived}"
    for name in ("arrived", "missing"):
        facts[name] = format_money(details[name], order.currency) if arrived else ""
    queue_order_mail(order, "order_received", facts, key=key)


def queue_cancelled_notice(order: AbstractOrder) -> None:
    """Tell the customer once that the order is cancelled."""
    queue_order_mail(order, "order_cancelled", {}, key=f"order-cancelled:{order.number}")


def queue_shipped_notice(order: AbstractOrder, parcel: Any, *, rest: dict[int, int]) -> None:
    """Tell the customer what was sent or is ready to collect, and what follows, once per parcel.

    ``parcel`` is a commerce.orders.shipments.Parcel, ``rest`` is ``{line_id: units}`` still to be
    sent.
    """
    titles = dict(order.lines.values_list("pk", "title")) if rest else {}
    shipment = parcel.shipment
    facts = {
        "items": [{"title": line.title, "quantity": count} for line, count in parcel.items],
        "rest": [{"title": titles[pk], "quantity": count} for pk, count in rest.items()],
        "carrier": shipment.carrier_name,
        "delivery_name": order.shipping_method,
        "collect_from": collection_address() if shipment.is_collection else [],
        "hours": current_shop().hours,
        "tracking_number": shipment.tracking_number,
        "tracking_url": shipment.tracking_url,
        "arrival": str(parcel.arrival) if parcel.arrival else "",
    }
    code = "order_ready" if shipment.is_collection else "order_shipped"
    queue_order_mail(order, code, facts, key=f"order-shipped:{shipment.key}")


def queue_downloads_notice(
    order: AbstractOrder, downloads: list[dict[str, Any]], *, key: str
) -> None:
    """Mail the links of downloads, once per ``key``."""
    facts = [
        {**row, "until": date_format(timezone.localtime(row["until"]), "DATE_FORMAT")}
        for row in downloads
    ]
    key = f"order-downloads:{order.number}:{key}"
    queue_order_mail(order, "order_downloads", {"downloads": facts}, key=key)


def queue_order_mail(order: AbstractOrder, code: str, facts: dict[str, Any], *, key: str) -> None:
    """Queue one mail about an order: the template ``code`` with ``facts`` and the common facts.

    A ``key`` is mailed only once. Call it in the transaction it reports on.
    """
    if not _has_address(order):
        return
    messages = messages_for(code, {**greeting_facts(order), **facts})
    queue_mail(
        key=key,
        to=order.email,
        subject=messages["subject"],
        text=messages["body"],
        html=messages["html"],
        user=order.user,
    )


def shop_facts() -> dict[str, Any]:
    """The facts in the frame of every mail."""
    return {
        "shop_name": current_shop().name,
        "shop_url": settings.SITE_URL,
        "is_demo": is_demonstration(),
    }


def greeting_facts(order: AbstractOrder) -> dict[str, Any]:
    """The facts in every mail about an order."""
    return {
        **shop_facts(),
        "number": order.number,
        "first_name": _first_name(order),
        "status_url": urljoin(settings.SITE_URL, order_status_path(order)),
    }


def _first_name(order: AbstractOrder) -> str:
    address = order.shipping_address or order.billing_address
    return address.first_name if address else ""


def _has_address(order: AbstractOrder) -> bool:
    if not order.email:
        logger.error("order %s has no address to write to", order.number)
    return bool(order.email)


def order_facts(order: AbstractOrder) -> dict[str, Any]:
    """An order as text for mails: absolute URLs, formatted amounts."""

    def money(amount):
        return format_money(amount, order.currency)

    promise = getattr(order, "promise", None)
    collected, shipping = is_collected(order), order.shipping_address
    return {
        **greeting_facts(order),
        "is_held": order.status == AUTHORISED,
        "has_digital_goods": any(
            kind in AUTOMATIC for kind in fulfilments_of_lines(order).values()
        ),
        "gave_consent": order.events.filter(reference=CONSENT).exists(),
        "date_placed": order.date_placed,
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
        "is_collected": collected,
        "delivery_charge": money(order.shipping_incl_tax) if order.shipping_incl_tax else _("free"),
        "taxes": [
            {"label": row.label, "note": row.note, "amount": "" if row.note else money(row.tax)}
            for row in tax_rows_of_order(order)
        ],
        "total": money(order.total_incl_tax),
        "arrival": str(Arrival(promise.arrives_from, promise.arrives_until)) if promise else "",
        "collect_from": collection_address() if collected else [],
        "shipping_address": (
            shipping.active_address_fields() if shipping and not collected else []
        ),
        "billing_address": (
            order.billing_address.active_address_fields() if order.billing_address else []
        ),
    }


def _unit_price(line: AbstractLine) -> Decimal:
    """The price of one unit. Oscar allows an empty column, as in imported orders."""
    if line.unit_price_incl_tax is not None:
        return line.unit_price_incl_tax
    return round_money(line.line_price_before_discounts_incl_tax / line.quantity)


def _line_facts(order: AbstractOrder, money: Callable[[Decimal], str]) -> list[dict[str, Any]]:
    lines = list(order.lines.select_related("product__parent").order_by("pk"))
    displays = line_displays([line.product for line in lines if line.product])
    facts = []
    for line in lines:
        display = displays.get(line.product_id)
        photo = display.photo if display else None
        facts.append(
            {
                "title": line.title,
                "quantity": line.quantity,
                "unit_price": money(_unit_price(line)),
                "total": money(line.line_price_before_discounts_incl_tax),
                "photo_url": mail_photo_url(photo) if photo else "",
            }
        )
    return facts


def collection_address() -> list[str]:
    """Where orders are collected: the shop's name and address."""
    shop = current_shop()
    return [shop.name, *shop.address]


def mail_photo_url(image: Any) -> str:
    """The absolute URL of a photograph small enough for a mail; "" if that size doesn't exist yet."""
    size = sizes_of(image).by_spec.get(MAIL_PHOTO)
    return urljoin(settings.SITE_URL, size.url) if size else ""


def order_status_path(order: AbstractOrder, *, days: int | None = None) -> str:
    """The page on which the customer follows the order.

    That is the account's page, or a signed link that works for ``days`` (default: as long as the
    one in the confirmation).
    """
    if order.user_id:
        return reverse("customer:order", kwargs={"order_number": order.number})
    return guest_order_path(order, days=days or settings.CONFIRMATION_LINK_DAYS)
