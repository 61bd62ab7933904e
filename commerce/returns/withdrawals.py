"""Withdrawal from a contract under Directive (EU) 2023/2673: two steps, no account needed.

Every statement is stored as submitted and acknowledged with its date and time. A task looks up the
order afterwards, so that the page doesn't reveal whether it exists. Staff decide.
"""

import hashlib
import uuid
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django_tasks import task
from oscar.apps.order.abstract_models import AbstractOrder
from oscar.core.loading import get_model

from commerce.audit.order_history import record_event
from commerce.exceptions import IllegalMove, ReturnRefused, WithdrawalRefused
from commerce.mail.outbox import queue_mail
from commerce.mail.templates import messages_for
from commerce.models import OrderEvent, User, Withdrawal
from commerce.order_statuses import CANCELLED, PENDING
from commerce.orders.link_requests import find_order, normal_number
from commerce.orders.mails import shop_facts
from commerce.orders.pipeline import has_handed_over, lock_order, move_order
from commerce.orders.shipments import units_sent
from commerce.returns.returns import (
    delivered_on,
    grant_return,
    items_of_return,
    new_number,
    units_returnable,
)
from commerce.shop_settings.current import in_the_shops_terms
from commerce.transactions import enqueue_on_commit, retry_transient

State = Withdrawal.State
#: How long the scheduler looks for the order of a statement. Staff can always link it.
MATCHED_FOR = timedelta(days=1)


@dataclass(frozen=True)
class Statement:
    """What the customer declares; ``items`` is empty for the whole order."""

    name: str
    email: str
    order_number: str
    items: str = ""


@dataclass(frozen=True)
class Period:
    """Whether a statement was in time. ``until`` is None until everything is delivered."""

    until: date | None
    is_within: bool


@retry_transient
def submit_withdrawal(
    statement: Statement, *, key: str = "", at: datetime | None = None
) -> Withdrawal:
    """Store a statement and acknowledge it by mail. The same ``key`` and words are one statement.

    Looks up no order; a task does so after the commit.
    """
    with transaction.atomic(durable=True):
        withdrawal, is_new = Withdrawal.objects.get_or_create(
            key=_key_of(statement, key),
            defaults={
                "number": new_number("W"),
                "name": statement.name,
                "email": statement.email,
                "order_number": statement.order_number,
                "items": statement.items,
                "submitted_at": at or timezone.now(),
            },
        )
        if is_new:
            _mail(withdrawal, "withdrawal_received", {})
            enqueue_on_commit(match_withdrawal_task, withdrawal.pk)
        return withdrawal


def _key_of(statement: Statement, key: str) -> str:
    """The key of a statement: the same form with the same words is one statement.

    The form's key alone doesn't give access to another's statement.
    """
    words = "\n".join((key or uuid.uuid4().hex, *astuple(statement)))
    return hashlib.sha256(words.encode()).hexdigest()


@retry_transient
def match_withdrawal(withdrawal_id: int) -> None:
    """Link a statement to the order with its number and email address.

    Locks the order, then the statement.
    """
    with transaction.atomic(durable=True):
        withdrawal = Withdrawal.objects.get(pk=withdrawal_id)
        order = find_order(withdrawal.order_number, withdrawal.email)
        if order is None:
            return
        order = lock_order(order.pk)
        withdrawal = Withdrawal.objects.select_for_update().get(pk=withdrawal_id)
        if withdrawal.order_id is None:
            _tie(withdrawal, order, user=None)


def match_new_withdrawals(*, at: datetime | None = None) -> None:
    """Match the unlinked statements of the last day: the task of one may have been lost."""
    since = (at or timezone.now()) - MATCHED_FOR
    unlinked = Withdrawal.objects.filter(state=State.NEW, order=None, submitted_at__gt=since)
    for withdrawal_id in list(unlinked.order_by("pk").values_list("pk", flat=True)):
        match_withdrawal(withdrawal_id)


@retry_transient
def link_order(withdrawal_id: int, number: str, *, user: User | None) -> None:
    """Link a statement to an order chosen by staff. Raises WithdrawalRefused."""
    with transaction.atomic(durable=True):
        order = get_model("order", "Order").objects.filter(number=normal_number(number)).first()
        if order is None:
            raise WithdrawalRefused(_("No order has this number."))
        order = lock_order(order.pk)
        _tie(_lock_new(withdrawal_id), order, user=user)


def _tie(withdrawal: Withdrawal, order: AbstractOrder, *, user: User | None) -> None:
    withdrawal.order = order
    withdrawal.save(update_fields=["order"])
    text = _("The customer withdraws from the contract: %(items)s") % {
        "items": withdrawal.items or _("the whole order")
    }
    record_event(order, OrderEvent.Kind.WITHDRAWAL, text, user=user, reference=withdrawal.number)


def period_of(withdrawal: Withdrawal) -> Period:
    """Whether a linked statement was made within the statutory period after the last parcel."""
    day = delivered_on(withdrawal.order) if withdrawal.order else None
    until = day + timedelta(days=settings.WITHDRAWAL_DAYS) if day else None
    said_on = timezone.localtime(withdrawal.submitted_at).date()
    return Period(until=until, is_within=until is None or said_on <= until)


def is_cancellable(order: AbstractOrder) -> bool:
    """Whether nothing was sent, so that accepting a withdrawal can cancel the order."""
    if order.status == PENDING or CANCELLED not in order.available_statuses():
        return False
    return not has_handed_over(order)


@retry_transient
def accept_withdrawal(
    withdrawal_id: int,
    *,
    units: dict[int, int] | None = None,
    answer: str = "",
    user: User | None = None,
) -> Withdrawal:
    """Accept a statement and mail the next steps to the customer.

    An unsent order is cancelled and refunded if ``units`` is empty. Otherwise ``units`` as
    ``{line_id: units}`` become an approved return. If neither applies, staff act by hand and
    ``answer`` must give the next steps. Raises WithdrawalRefused with a sentence. Locks the stock,
    the order, the statement.
    """
    with transaction.atomic(durable=True):
        withdrawal = Withdrawal.objects.select_related("order").get(pk=withdrawal_id)
        order = withdrawal.order
        if order is None:
            raise WithdrawalRefused(_("Link the withdrawal to its order first."))
        reason = _("Withdrawal %(number)s") % {"number": withdrawal.number}
        is_cancelled = False
        try:
            if units:
                order = lock_order(order.pk)
            elif is_cancellable(order) and not withdrawal.items:
                order, is_cancelled = move_order(order.pk, CANCELLED, note=reason, user=user), True
            else:
                order = lock_order(order.pk)
            withdrawal = _lock_new(withdrawal_id)
            if not (units or is_cancelled or answer):
                raise WithdrawalRefused(_("Enter the next steps for the customer."))
            if units:
                withdrawal.return_request = grant_return(
                    order, units, reason=reason, key=withdrawal.key, answer=answer, user=user
                )
        except (IllegalMove, ReturnRefused) as error:
            raise WithdrawalRefused(str(error)) from error
        _decide(withdrawal, State.ACCEPTED, answer=answer, user=user)
        record_event(
            order,
            OrderEvent.Kind.WITHDRAWAL,
            _("The withdrawal was accepted"),
            user=user,
            reference=withdrawal.number,
        )
        request = withdrawal.return_request
        _mail(
            withdrawal,
            "withdrawal_accepted",
            {
                "is_cancelled": is_cancelled,
                "return_number": request.number if request else "",
                "return_items": items_of_return(request) if request else [],
            },
        )
        return withdrawal


@retry_transient
def refuse_withdrawal(withdrawal_id: int, *, reason: str, user: User | None = None) -> Withdrawal:
    """Refuse a statement and mail the reason. Raises WithdrawalRefused. Locks order and statement."""
    with transaction.atomic(durable=True):
        order_id = Withdrawal.objects.values_list("order_id", flat=True).get(pk=withdrawal_id)
        order = lock_order(order_id) if order_id else None
        withdrawal = _lock_new(withdrawal_id)
        _decide(withdrawal, State.REFUSED, answer=reason, user=user)
        if order:
            text = _("The withdrawal was refused: %(reason)s") % {"reason": reason}
            record_event(
                order, OrderEvent.Kind.WITHDRAWAL, text, user=user, reference=withdrawal.number
            )
        _mail(withdrawal, "withdrawal_refused", {})
        return withdrawal


def _lock_new(withdrawal_id: int) -> Withdrawal:
    withdrawal = Withdrawal.objects.select_for_update().get(pk=withdrawal_id)
    if withdrawal.state != State.NEW:
        raise WithdrawalRefused(_("This withdrawal has already been decided."))
    return withdrawal


def _decide(withdrawal: Withdrawal, state: State, *, answer: str, user: User | None) -> None:
    withdrawal.state, withdrawal.answer = state, answer
    withdrawal.decided_at, withdrawal.decided_by = timezone.now(), user
    withdrawal.save()


def withdrawal_facts(withdrawal: Withdrawal) -> dict[str, Any]:
    """The statement as submitted, formatted, with its date and time."""
    moment = timezone.localtime(withdrawal.submitted_at)
    return {
        "withdrawal_number": withdrawal.number,
        "name": withdrawal.name,
        "email": withdrawal.email,
        "number": withdrawal.order_number,
        "items": withdrawal.items,
        "submitted": date_format(moment, _("j F Y, H:i:s")) + f" ({moment.tzname()})",
    }


def _mail(withdrawal: Withdrawal, code: str, facts: dict[str, Any]) -> None:
    """Queue one mail for each step, to the address of the statement only."""
    context = {**shop_facts(), **withdrawal_facts(withdrawal), "answer": withdrawal.answer, **facts}
    messages = messages_for(code, context)
    queue_mail(
        key=f"{code}:{withdrawal.number}".replace("_", "-"),
        to=withdrawal.email,
        subject=messages["subject"],
        text=messages["body"],
        html=messages["html"],
    )


def units_proposed(withdrawal: Withdrawal) -> dict[int, int]:
    """The units that staff may take back: sent and not part of a return."""
    order = withdrawal.order
    return units_returnable(order) if order and units_sent(order) else {}


@task()
@in_the_shops_terms()
def match_withdrawal_task(withdrawal_id: int) -> None:
    """Link a withdrawal to its order (see ``match_withdrawal``)."""
    match_withdrawal(withdrawal_id)


@task()
@in_the_shops_terms()
def match_new_withdrawals_task() -> None:
    """Scheduled: link withdrawals whose task was lost."""
    match_new_withdrawals()
