"""The history of an order: rows that are added and never changed."""

from decimal import Decimal

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from oscar.apps.order.abstract_models import AbstractOrder

from commerce.models import OrderEvent, User


def record_event(
    order: AbstractOrder,
    kind: OrderEvent.Kind,
    text: str,
    *,
    user: User | None = None,
    reference: str = "",
    amount: Decimal | None = None,
    statuses: tuple[str, str] = ("", ""),
) -> OrderEvent:
    """Add a row to an order's history, in the caller's transaction.

    ``user`` is None for the system; ``reference`` is an id of another system or a number of ours;
    ``amount`` is in the order's currency; ``statuses`` are the old and the new one.
    """
    return OrderEvent.objects.create(
        order=order,
        kind=OrderEvent.Kind(kind),
        text=text,
        user=user,
        actor=display_name(user),
        reference=reference,
        amount=amount,
        old_status=statuses[0],
        new_status=statuses[1],
    )


def record_status_change(
    order: AbstractOrder,
    old_status: str,
    new_status: str,
    *,
    user: User | None = None,
    why: str = "",
) -> None:
    """Add the row of a status change, in the caller's transaction."""
    statuses = (old_status, new_status)
    record_event(order, OrderEvent.Kind.STATUS, why, user=user, statuses=statuses)


def record_missing_status_change(order: AbstractOrder, old_status: str, new_status: str) -> None:
    """Add the row of a status change that bypassed ``commerce.orders.pipeline.set_status``.

    Does nothing if the last status change in the history is the same one.
    """
    last = history_of(order).filter(kind=OrderEvent.Kind.STATUS).first()
    if last is None or (last.old_status, last.new_status) != (old_status, new_status):
        record_status_change(order, old_status, new_status)


def display_name(user: User | AnonymousUser | None) -> str:
    """A user's name in histories; "" for the system."""
    if user is None or isinstance(user, AnonymousUser):
        return ""
    return user.get_full_name() or user.email


def history_of(order: AbstractOrder) -> QuerySet:
    """The events of an order, latest first."""
    return order.events.order_by("-created_at", "-pk")
