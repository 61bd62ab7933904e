"""Units that are not sent in a parcel: downloads, gift cards and services.

Downloads and gift cards are provided as soon as the order is paid, services when staff say so. Like
a parcel, this takes the units out of stock, captures an authorised payment first, and is recorded
as a shipping event. The order keeps its status until nothing is left to send.
"""

import logging
from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction
from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_tasks import task
from oscar.apps.order.abstract_models import AbstractLine, AbstractOrder
from oscar.core.loading import get_model

from commerce.audit.order_history import record_event
from commerce.digital.downloads import download_url, grant_downloads
from commerce.digital.gift_cards import issue_gift_cards
from commerce.digital.goods import AUTOMATIC, Fulfilment
from commerce.exceptions import DispatchDelayed, DispatchRefused, OutOfStock
from commerce.models import Download, OrderEvent, User
from commerce.order_statuses import SHIPPED
from commerce.orders.fulfilment import fulfilments_of_lines
from commerce.orders.mails import queue_downloads_notice
from commerce.orders.pipeline import PROVIDED, set_status
from commerce.orders.shipments import (
    DISPATCH_CHECKS,
    PREPARATIONS,
    SENDABLE,
    checked_units,
    finish_if_delivered,
    lock_with_stock,
    take_units,
    units_to_send,
    write_event,
)
from commerce.shop_settings.current import in_the_shops_terms
from commerce.stock.history import Cause
from commerce.transactions import enqueue_on_commit, isolate, retry_transient

logger = logging.getLogger(__name__)

#: The reference of refusals in an order's history, and after how many staff have to act.
REFUSED, MOST_TRIES = "provision-refused", 3


def units_left(order: AbstractOrder, wanted: Collection[Fulfilment]) -> dict[int, int]:
    """Units still to be sent or provided of lines with these fulfilments, ``{line_id: units}``."""
    if order.status not in SENDABLE:
        return {}
    left = units_to_send(order)
    if not left:
        return {}
    kinds = fulfilments_of_lines(order)
    return {pk: units for pk, units in left.items() if kinds[pk] in wanted}


def parcel_units_left(order: AbstractOrder) -> dict[int, int]:
    """Units still to be sent in parcels."""
    return units_left(order, [Fulfilment.PARCEL])


def provide(order_id: int, units: dict[int, int], *, user: User | None = None) -> None:
    """Provide ``{line_id: units}`` of lines that are not sent by post.

    Grants their downloads and makes their gift cards. Raises DispatchRefused with a sentence and
    without any change. Runs ``PREPARATIONS`` first, then locks the stock records by key and the
    order and runs ``DISPATCH_CHECKS``, in one durable transaction.
    """
    order = get_model("order", "Order").objects.get(pk=order_id)
    units = checked_units(order, units)
    kinds = fulfilments_of_lines(order)
    if any(kinds[pk] is Fulfilment.PARCEL for pk in units):
        raise DispatchRefused(_("Items that are sent by post need a parcel."))
    for prepare in PREPARATIONS:
        prepare(order, dict(units), user)
    try:
        _provide(order_id, units, user=user)
    except OutOfStock as error:
        raise DispatchRefused(_("Not enough stock: %(what)s.") % {"what": error}) from error


@retry_transient
def _provide(order_id: int, units: dict[int, int], *, user: User | None) -> None:
    with transaction.atomic(durable=True):
        order = lock_with_stock(order_id)
        units = checked_units(order, units)
        for check in DISPATCH_CHECKS:
            check(order, dict(units))
        lines = list(
            order.lines.filter(pk__in=units).select_related(
                "product__parent", "order", "fulfilment"
            )
        )
        take_units(lines, units, Cause(order=order.number, user=user))
        event = write_event(order, units, PROVIDED)
        kinds = {line.pk: line.fulfilment.kind for line in lines}
        bought = [line for line in lines if kinds[line.pk] == Fulfilment.DOWNLOAD]
        downloads = grant_downloads(bought, units)
        _check_files(bought, downloads)
        for line in lines:
            if kinds[line.pk] == Fulfilment.GIFT_CARD:
                issue_gift_cards(line, line.fulfilment.gift_card_value, units[line.pk])
        _record(order, units, user=user)
        if not units_to_send(order):
            set_status(order, SHIPPED, user=user)
            finish_if_delivered(order, user=user)
        if downloads:
            queue_downloads_notice(order, _link_facts(downloads), key=str(event.pk))


def _check_files(lines: Iterable[AbstractLine], downloads: Iterable[Download]) -> None:
    """Raise DispatchRefused for a line without a file: its product was deleted before the payment."""
    for line in lines:
        if not any(download.line_id == line.pk for download in downloads):
            text = _("“%(title)s” has no file any more. Refund it, or send the file yourself.")
            raise DispatchRefused(text % {"title": line.title})


def _record(order: AbstractOrder, units: dict[int, int], *, user: User | None) -> None:
    count = sum(units.values())
    text = ngettext(
        "%(count)d item provided without a parcel",
        "%(count)d items provided without a parcel",
        count,
    )
    record_event(order, OrderEvent.Kind.DISPATCH, text % {"count": count}, user=user)


def _link_facts(downloads: Iterable[Download]) -> list[dict[str, object]]:
    return [
        {"title": row.file.title, "url": download_url(row), "until": row.expires_at}
        for row in downloads
    ]


@in_the_shops_terms()
def provide_automatically(order_id: int) -> bool:
    """Provide an order's downloads and gift cards. Returns whether nothing of them is left.

    A refusal, such as a disputed payment, is noted in the order's history and tried again, in all
    ``MOST_TRIES`` times; a gateway that does not respond is asked again without end. Then the order
    is left to staff (``refused_orders``).
    """
    try:
        provide_or_note(order_id)
    except DispatchRefused as refusal:
        logger.warning("order %s: downloads are not provided: %s", order_id, refusal)
        return False
    return True


def provide_or_note(order_id: int) -> None:
    """Provide an order's downloads and gift cards, if any are left.

    Raises DispatchRefused, which is in the order's history unless it is only a delay.
    """
    order = get_model("order", "Order").objects.get(pk=order_id)
    units = units_left(order, AUTOMATIC)
    if not units:
        return
    try:
        provide(order_id, units)
    except DispatchRefused as refusal:
        order.refresh_from_db()
        if not units_left(order, AUTOMATIC):
            return  # another process has provided them meanwhile
        if not isinstance(refusal, DispatchDelayed):
            text = _("Downloads and gift cards couldn’t be provided: %(why)s") % {"why": refusal}
            record_event(order, OrderEvent.Kind.OTHER, text, reference=REFUSED)
        raise


def provide_soon(order: AbstractOrder) -> None:
    """Enqueue the automatic provision of a paid order after the commit, if it has any."""
    if units_left(order, AUTOMATIC):
        enqueue_on_commit(provide_task, order.pk)


def waiting_orders() -> list[int]:
    """Orders with downloads or gift cards of which units are left, oldest first; 200 at most.

    Without those that were refused ``MOST_TRIES`` times.
    """
    rows = _lines_left().exclude(order__in=_often_refused()).order_by("order")
    return list(dict.fromkeys(rows.values_list("order_id", flat=True)[:200]))


def refused_orders() -> QuerySet[AbstractOrder]:
    """Orders that are left to staff, with ``reason`` and ``since`` of the last refusal."""
    orders = get_model("order", "Order").objects.filter(
        pk__in=_lines_left().filter(order__in=_often_refused()).values("order")
    )
    last = OrderEvent.objects.filter(order=OuterRef("pk"), reference=REFUSED).order_by("-pk")
    return orders.annotate(
        reason=Subquery(last.values("text")[:1]), since=Subquery(last.values("created_at")[:1])
    ).order_by("pk")


def _often_refused() -> QuerySet[Any, Any]:
    refusals = OrderEvent.objects.filter(reference=REFUSED).values("order").order_by()
    return refusals.annotate(tries=Count("pk")).filter(tries__gte=MOST_TRIES).values("order")


def _lines_left() -> QuerySet[AbstractLine]:
    """Lines of orders that can be sent, with downloads or gift cards that are not provided yet."""
    lines = get_model("order", "Line").objects.filter(
        order__status__in=SENDABLE, fulfilment__kind__in=AUTOMATIC
    )
    done = Coalesce(Sum("shipping_event_quantities__quantity"), 0)
    return lines.annotate(done=done).filter(done__lt=F("quantity"))


@task()
def provide_task(order_id: int) -> None:
    """Provide one order's downloads and gift cards (see ``provide_automatically``)."""
    provide_automatically(order_id)


@task()
def provide_waiting_task() -> None:
    """Scheduled: provide what a lost task or a refusal left."""
    for order_id in waiting_orders():
        with isolate(f"providing order {order_id}"):
            provide_automatically(order_id)
