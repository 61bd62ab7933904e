"""Refunds: requested, sent, mirrored from the gateway, and their effect on the payment state.

A refund is written under a key before the gateway is called, so it is sent once even if the
process dies. Refunds made in the gateway's own dashboard are mirrored. Refunds never exceed what
was paid: the attempt's lock ensures it here, and so does the gateway. Lock order: basket, attempt,
stock by key, order.
"""

import logging
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task
from oscar.apps.order.abstract_models import AbstractOrder

from checkout_app.exceptions import GatewayRefused, RefundRefused
from checkout_app.gateways.interface import Gateway, Refund
from checkout_app.gateways.registry import gateway_for, gateway_of
from checkout_app.models import (
    IDEMPOTENCY_KEY_LIFETIME,
    Dispute,
    PaymentAttempt,
    Progress,
    RefundLine,
    RefundRequest,
    State,
    site_marker,
)
from checkout_app.payments import checkpoints
from checkout_app.payments.attempts import (
    change_state,
    close,
    isolate_errors,
    leave_to_reconcile,
    lock_attempt,
    lock_order_of,
    thaw,
)
from checkout_app.payments.ledger import record_refund, record_returned_refund
from commerce.audit.order_history import record_event
from commerce.documents.issuing import Refunded, issue_credit_note
from commerce.models import OrderEvent, ReturnRequest, User
from commerce.money import from_minor, share_of, to_minor
from commerce.order_statuses import CANCELLED, REFUNDED
from commerce.orders.mails import queue_refund_notice
from commerce.orders.pipeline import move_order
from commerce.returns.restocking import take_units_back
from commerce.returns.returns import mark_refunded, units_received
from commerce.shop_settings.current import in_the_shops_terms
from commerce.transactions import enqueue_on_commit, retry_transient

logger = logging.getLogger("vitrine.payments")

#: Our progress for each of Stripe's refund statuses (https://docs.stripe.com/api/refunds/object).
PROGRESS = {
    "pending": Progress.SENT,
    "requires_action": Progress.SENT,
    "succeeded": Progress.DONE,
    "failed": Progress.FAILED,
    "canceled": Progress.FAILED,
}


@dataclass(frozen=True)
class RefundTerms:
    """What staff want to refund.

    ``units`` is ``{line_id: quantity}``, refunded at their price after discounts. ``extra`` is an
    amount that belongs to no line. ``key`` comes with the form, so a double click is one refund.
    """

    key: str
    reason: str
    units: dict[int, int] = field(default_factory=dict)
    shipping: Decimal = Decimal(0)
    extra: Decimal = Decimal(0)
    is_restocked: bool = False
    #: The return that the refund is for, if any; its units were restocked on receipt.
    return_id: int | None = None


# --- Scheduling ----------------------------------------------------------------------------------


def schedule_refund(
    attempt: PaymentAttempt, *, amount: Decimal, reason: str, user: User | None = None
) -> None:
    """Schedule a refund in the caller's transaction, under the attempt's lock."""
    change_state(attempt, State.REFUND_DUE, reason=reason, user=user)
    RefundRequest.objects.create(
        attempt=attempt, key=uuid.uuid4().hex, amount=amount, reason=reason[:300], user=user
    )
    close(attempt)


def schedule_cancellation_refund(
    order_id: int, *, user: User | None = None
) -> PaymentAttempt | None:
    """Schedule the refund of everything left of a cancelled order, in the caller's transaction.

    For a payment under review, that is what arrived. The caller voids a mere authorisation.
    Returns the attempt, or None if nothing is due. Locks the settled attempt after its order.
    """
    settled = (State.PAID, State.PART_REFUNDED, State.REVIEW)
    paid = PaymentAttempt.objects.select_for_update().filter(order=order_id, state__in=settled)
    attempt = paid.first()
    if attempt is None:
        return None
    left = attempt.money_left
    if attempt.state == State.REVIEW and not attempt.money_taken:
        return None
    if not left:
        state = State.RELEASED if not attempt.money_taken else State.REFUNDED
        change_state(attempt, state, reason="order cancelled")
        return None
    schedule_refund(attempt, amount=left, reason="order cancelled", user=user)
    return attempt


@retry_transient
def retry_refund(request_id: int) -> PaymentAttempt | None:
    """Make a failed refund due again. Returns its attempt, or None if it has not failed.

    It gets a new key, because the gateway repeats its refusal for the old one. Nothing was paid
    under the old key, so this cannot pay twice. If other refunds have left less than its amount, a
    refund without lines is reduced to what is left. Raises RefundRefused if too little is left.
    Locks basket, attempt.
    """
    with transaction.atomic(durable=True):
        attempt_id = RefundRequest.objects.values_list("attempt_id", flat=True).get(pk=request_id)
        attempt = lock_attempt(attempt_id)
        request = attempt.refunds.filter(pk=request_id, progress=Progress.FAILED).first()
        if request is None:
            return None
        left = attempt.money_left
        if request.amount > left and left and not (request.shipping or request.lines.exists()):
            request.amount = left
        if request.amount > left:
            raise RefundRefused(_("That’s more than is left of the payment."))
        request.progress, request.key, request.gateway_id = Progress.DUE, uuid.uuid4().hex, None
        request.save(update_fields=["amount", "progress", "key", "gateway_id"])
        return attempt


# --- Requested by staff --------------------------------------------------------------------------


def refundable_units(order: AbstractOrder) -> dict[int, int]:
    """Units of each line not refunded yet, ``{line_id: units}``, in the lines' order.

    Units of a failed refund are not refundable again: that refund is still due.
    """
    back = _refunded_units(order)
    lines = order.lines.order_by("pk").values_list("pk", "quantity")
    return {pk: quantity - back[pk] for pk, quantity in lines}


def refundable_shipping(order: AbstractOrder) -> Decimal:
    """The part of the delivery price not refunded yet."""
    back = _refunds(order).aggregate(total=Sum("shipping"))["total"] or Decimal(0)
    return max(order.shipping_incl_tax - back, Decimal(0))


def line_amounts(order: AbstractOrder, units: dict[int, int]) -> dict[int, Decimal]:
    """Refund amounts of units, ``{line_id: Decimal}``. The parts of a line add up to its price."""
    back = _refunded_units(order)
    lines = {line.pk: line for line in order.lines.filter(pk__in=units)}
    return {
        pk: share_of(
            lines[pk].line_price_incl_tax,
            back[pk],
            count,
            lines[pk].quantity,
            currency=order.currency,
        )
        for pk, count in units.items()
    }


def _refunds(order: AbstractOrder) -> QuerySet[RefundRequest]:
    return RefundRequest.objects.filter(attempt__order=order)


def _refunded_units(order: AbstractOrder) -> defaultdict[int, int]:
    rows = RefundLine.objects.filter(refund__in=_refunds(order)).values("line")
    back = rows.annotate(units=Sum("quantity")).values_list("line", "units")
    return defaultdict(int, back)


@retry_transient
def request_refund(
    attempt_id: int, terms: RefundTerms, *, user: User | None = None
) -> RefundRequest:
    """Write a refund request and take its units out of the order; it is sent after the commit.

    Returns the RefundRequest; the same ``terms.key`` returns the same request. Raises RefundRefused
    with a sentence for staff; nothing changes then. Units that were not shipped will not be.
    Locks basket, attempt, stock, order.
    """
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        before = RefundRequest.objects.filter(key=terms.key).first()
        if before:
            return before
        if attempt.state not in (State.PAID, State.PART_REFUNDED):
            raise RefundRefused(_("Nothing can be refunded for this order right now."))
        if attempt.disputes.exclude(status__in=Dispute.ENDED).exists():
            raise RefundRefused(
                _("The customer’s bank is disputing this payment and holds the money.")
            )
        amounts = _checked_amounts(attempt, terms)
        refunded_before = _refunded_units(attempt.order)
        request = RefundRequest.objects.create(
            attempt=attempt,
            key=terms.key,
            amount=sum(amounts.values()) + terms.shipping + terms.extra,
            shipping=terms.shipping,
            reason=terms.reason[:300],
            has_restocked=terms.is_restocked,
            user=user,
        )
        RefundLine.objects.bulk_create(
            RefundLine(refund=request, line_id=pk, quantity=terms.units[pk], amount=amount)
            for pk, amount in amounts.items()
        )
        if terms.units and terms.return_id is None:
            take_units_back(
                attempt.order_id,
                terms.units,
                paid_before=refunded_before,
                is_restocked=terms.is_restocked,
                user=user,
            )
        if terms.return_id is not None:
            mark_refunded(terms.return_id, user)
        text = _("Refund requested: %(reason)s") % {"reason": request.reason}
        record_event(attempt.order, OrderEvent.Kind.REFUND, text, amount=request.amount, user=user)
        enqueue_on_commit(send_refunds_task, attempt.pk)
    return request


def is_large(attempt: PaymentAttempt, terms: RefundTerms, *, limit: Decimal) -> bool:
    """Whether a possible refund brings the order's refunds above ``limit``.

    Earlier refunds count, so a large refund cannot be split into small ones.
    """
    goods = sum(line_amounts(attempt.order, terms.units).values(), Decimal(0))
    amount = goods + terms.shipping + terms.extra
    before = sum(attempt.refunds.values_list("amount", flat=True), Decimal(0))
    return amount <= attempt.money_left and before + amount > limit


def _checked_amounts(attempt: PaymentAttempt, terms: RefundTerms) -> dict[int, Decimal]:
    """The refund amount of each line. Raises RefundRefused if the terms exceed what is left."""
    order = attempt.order
    left = refundable_units(order)
    for pk, count in terms.units.items():
        if not 0 < count <= left.get(pk, 0):
            raise RefundRefused(_("That’s more items than were bought or are left to refund."))
    if terms.return_id is not None:
        came = units_received(order, ReturnRequest.State.RECEIVED, return_id=terms.return_id)
        if any(count > came[pk] for pk, count in terms.units.items()):
            raise RefundRefused(_("That’s more items than came back with the return."))
    if not 0 <= terms.shipping <= refundable_shipping(order):
        raise RefundRefused(_("That’s more than is left of the delivery price."))
    if terms.extra < 0:
        raise RefundRefused(_("An amount can’t be negative."))
    amounts = line_amounts(order, terms.units)
    total = sum(amounts.values()) + terms.shipping + terms.extra
    if total <= 0:
        raise RefundRefused(_("Choose what to refund."))
    if total > attempt.money_left:
        raise RefundRefused(_("That’s more than is left of the payment."))
    try:
        to_minor(total, attempt.currency)
    except ValueError as error:
        raise RefundRefused(
            _("That amount has too many decimal places for the currency.")
        ) from error
    return amounts


# --- Sending --------------------------------------------------------------------------------------


def send_refunds(attempt: PaymentAttempt) -> None:
    """Send every due refund of an attempt, once per key.

    Raises GatewayUnavailable; the request stays due then and the reconcile job sends it again.
    """
    due = attempt.refunds.filter(progress=Progress.DUE)
    if due.filter(created_at__lt=timezone.now() - IDEMPOTENCY_KEY_LIFETIME).exists():
        # The gateway may have made it, and its key has expired there.
        mirror_refunds(attempt.stored_intent_id)
    for request in due.all():
        try:
            refund = gateway_of(attempt).refund(
                key=f"{request.key}:refund",
                intent_id=attempt.stored_intent_id,
                amount_minor=to_minor(request.amount, attempt.money_currency),
                metadata={"site": site_marker(), "refund": request.key},
            )
        except GatewayRefused as error:
            RefundRequest.objects.filter(pk=request.pk, progress=Progress.DUE).update(
                progress=Progress.FAILED, last_error=str(error)[:500]
            )
            logger.error("refund for order %s refused: %s", attempt.order.number, error)
            continue
        checkpoints.reached(checkpoints.REFUND_SENT)
        _apply_refund_status(request.pk, refund)
    attempt.refresh_from_db()


# --- Mirroring -----------------------------------------------------------------------------------


def mirror_refunds(intent_id: str) -> None:
    """Copy an intent's refunds from the gateway, including those made in its own dashboard.

    Idempotent. Does nothing for an intent without an attempt. Raises GatewayUnavailable.
    """
    attempt = PaymentAttempt.objects.filter(intent_id=intent_id).first()
    if attempt is None:
        return
    for refund in gateway_for(intent_id).list_refunds(intent_id=intent_id):
        mirror_refund(attempt, refund)


def mirror_refund(attempt: PaymentAttempt, refund: Refund) -> None:
    """Copy one refund from the gateway. Idempotent."""
    known = attempt.refunds.filter(gateway_id=refund.id).first()
    if known is None and refund.metadata.get("refund"):
        known = attempt.refunds.filter(key=refund.metadata["refund"]).first()
    if known is None:
        known = _create_mirrored_request(attempt.pk, refund)
    if known is not None and known.progress != PROGRESS.get(refund.status, known.progress):
        _apply_refund_status(known.pk, refund)


@retry_transient
def _create_mirrored_request(attempt_id: int, refund: Refund) -> RefundRequest | None:
    """Write the row of a refund made at the gateway; None if that refund failed."""
    if PROGRESS.get(refund.status) in (None, Progress.FAILED):
        return None
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        request, _new = RefundRequest.objects.get_or_create(
            gateway_id=refund.id,
            defaults={
                "attempt": attempt,
                "key": uuid.uuid4().hex,
                "amount": from_minor(refund.amount_minor, attempt.money_currency),
                "reason": _("refunded in the payment provider’s dashboard"),
                "progress": Progress.SENT,
                "is_mirrored": True,
            },
        )
    return request


@retry_transient
def _apply_refund_status(request_id: int, refund: Refund) -> None:
    """Bring a request, its attempt and its order to what the gateway reports of the refund."""
    with transaction.atomic(durable=True):
        attempt_id = RefundRequest.objects.values_list("attempt_id", flat=True).get(pk=request_id)
        attempt = lock_attempt(attempt_id)
        request = RefundRequest.objects.select_for_update().get(pk=request_id)
        request.attempt = attempt
        old, new = request.progress, PROGRESS.get(refund.status, Progress.SENT)
        is_another = request.gateway_id not in (None, refund.id)
        if old == new or is_another or (old == Progress.DONE and new == Progress.SENT):
            return
        request.progress, request.gateway_id = new, refund.id
        request.last_error = (refund.error or refund.status) if new == Progress.FAILED else ""
        request.save(update_fields=["progress", "gateway_id", "last_error"])
        if new == Progress.DONE:
            record_refund(request, refund.id, status=refund.status)
            is_whole = attempt.money_back >= attempt.money_taken
            queue_refund_notice(
                attempt.order, amount=request.amount, key=request.key, is_whole=is_whole
            )
        elif new == Progress.FAILED:
            logger.error("refund %s of %s: %s", refund.id, attempt.order.number, refund.status)
            if old == Progress.DONE:
                record_returned_refund(request, status=refund.status)
        _update_state(attempt, reason=request.reason)
        if new == Progress.DONE and not request.is_excess:
            issue_credit_note(attempt.order, _credit_note_facts(request))  # last of all locks


def _credit_note_facts(request: RefundRequest) -> Refunded:
    """A refund as its credit note shows it. The key stays the same when the refund is retried.

    The reason is left out: staff write it for internal use.
    """
    return Refunded(
        key=f"refund-{request.pk}",
        amount=request.amount,
        shipping=request.shipping,
        lines={row.line_id: (row.quantity, row.amount) for row in request.lines.all()},
    )


def _update_state(attempt: PaymentAttempt, *, reason: str) -> None:
    """Update the state of a settled attempt from its succeeded refunds."""
    done = attempt.refunds.filter(progress=Progress.DONE).aggregate(total=Sum("amount"))["total"]
    taken = attempt.money_taken
    if done and done >= taken:
        change_state(attempt, State.REFUNDED, reason=reason)
        _close_order(attempt, reason)
    elif attempt.state == State.REFUNDED and lock_order_of(attempt).status == CANCELLED:
        change_state(attempt, State.REFUND_DUE, reason=reason)
    elif attempt.state in (State.PAID, State.PART_REFUNDED, State.REFUNDED):
        change_state(attempt, State.PART_REFUNDED if done else State.PAID, reason=reason)
        if done and _is_fully_refunded(attempt):
            _close_order(attempt, reason)


def _is_fully_refunded(attempt: PaymentAttempt) -> bool:
    """Whether every unit was refunded; the delivery price may not be."""
    back = RefundLine.objects.filter(refund__attempt=attempt, refund__progress=Progress.DONE)
    ordered = attempt.order.lines.aggregate(units=Sum("quantity"))["units"]
    return ordered == back.aggregate(units=Sum("quantity"))["units"]


def _close_order(attempt: PaymentAttempt, reason: str) -> None:
    """End a fully refunded order: units that were not shipped will not be.

    An order that was under review was never confirmed, so it is cancelled.
    """
    order = attempt.order
    order.refresh_from_db(fields=["status"])
    if REFUNDED in order.available_statuses():
        move_order(order.pk, REFUNDED, note=reason)
    elif CANCELLED in order.available_statuses():
        move_order(order.pk, CANCELLED, note=reason)
        close(attempt)
        thaw(attempt.basket)


def reconcile_refunds(gateway: Gateway, *, since: datetime) -> None:
    """Copy every refund that a gateway made since then."""
    for refund in gateway.list_refunds(since=since):
        attempt = PaymentAttempt.objects.filter(intent_id=refund.intent_id).first()
        if attempt is not None:
            with isolate_errors(f"refund {refund.id}"):
                mirror_refund(attempt, refund)


@task()
@in_the_shops_terms()
def send_refunds_task(attempt_id: int) -> None:
    """Send the due refunds of one attempt."""
    with leave_to_reconcile("refunds", attempt_id):
        send_refunds(PaymentAttempt.objects.get(pk=attempt_id))
