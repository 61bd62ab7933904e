"""Money back: owed, sent, heard of, and what that makes of the payment.

A refund is written down under a key before the gateway is asked, so that whatever happens to the
process it is sent once. One that staff make in the gateway's own dashboard is written down when it
is heard of. The sum of what goes back never passes what came: the attempt's lock holds it here,
the gateway holds it there. Lock order: basket, attempt, stock by key, order.
"""

import logging
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from checkout_app.exceptions import GatewayRefused, RefundRefused
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
from commerce.audit.order_history import note_event
from commerce.documents.issuing import Refunded, issue_credit_note
from commerce.models import ReturnRequest
from commerce.money import from_minor, share_of, to_minor
from commerce.order_statuses import CANCELLED, REFUNDED
from commerce.orders.mails import queue_refund_notice
from commerce.orders.pipeline import move_order
from commerce.returns.restocking import take_units_back
from commerce.returns.returns import note_refunded, units_received
from commerce.transactions import retry_transient

logger = logging.getLogger("vitrine.payments")

#: Stripe's states of a refund (https://docs.stripe.com/api/refunds/object) as ours.
PROGRESS = {
    "pending": Progress.SENT,
    "requires_action": Progress.SENT,
    "succeeded": Progress.DONE,
    "failed": Progress.FAILED,
    "canceled": Progress.FAILED,
}


@dataclass(frozen=True)
class RefundTerms:
    """What staff ask to be paid back.

    ``units`` is ``{line_id: quantity}``; they are paid back at what they cost, discounts taken
    off. ``extra`` is an amount for no line. ``key`` comes with the form, so that a double click is
    one refund.
    """

    key: str
    reason: str
    units: dict = field(default_factory=dict)
    shipping: Decimal = Decimal(0)
    extra: Decimal = Decimal(0)
    is_restocked: bool = False
    #: The return that it pays for, if it does; its pieces were put on the shelf when they came.
    return_id: int | None = None


# --- Owing ----------------------------------------------------------------------------------------


def schedule_refund(attempt, *, amount, reason, user=None):
    """Write down that an amount must go back, in the caller's transaction and lock."""
    change_state(attempt, State.REFUND_DUE, reason=reason, user=user)
    RefundRequest.objects.create(
        attempt=attempt, key=uuid.uuid4().hex, amount=amount, reason=reason[:300], user=user
    )
    close(attempt)


def schedule_cancellation_refund(order_id, *, user=None):
    """A paid order was cancelled by staff: owe what is left of its money, in the caller's transaction.

    Of a payment under review what arrived; one that is only held is given up by the caller.
    Returns the attempt, or None where nothing is owed. Comes from the order and locks an attempt
    that is settled.
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
def retry_refund(request_id):
    """Staff send a refused refund once more. Returns its attempt, or None where it is not refused.

    Under a new key: the gateway answers the old one with the refusal it gave before. Nothing was
    paid back under that one, so this cannot pay twice. Where some of its money went back otherwise,
    one for no piece is cut to what is left. Raises RefundRefused where there is too little.
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
            raise RefundRefused(_("That is more than is left of what was paid."))
        request.progress, request.key, request.gateway_id = Progress.DUE, uuid.uuid4().hex, None
        request.save(update_fields=["amount", "progress", "key", "gateway_id"])
        return attempt


# --- Asked for by staff ---------------------------------------------------------------------------


def refundable_units(order):
    """Units of each line that were not paid back yet, ``{line_id: units}``, in the lines' order.

    Those of a refund that the gateway refused are not offered again: they were taken back, and
    their money is still owed by it.
    """
    back = _refunded_units(order)
    lines = order.lines.order_by("pk").values_list("pk", "quantity")
    return {pk: quantity - back[pk] for pk, quantity in lines}


def refundable_shipping(order):
    """How much of the delivery's price was not paid back yet."""
    back = _refunds(order).aggregate(total=Sum("shipping"))["total"] or Decimal(0)
    return max(order.shipping_incl_tax - back, Decimal(0))


def line_amounts(order, units):
    """What units of an order's lines cost, ``{line_id: Decimal}``; parts of a line add up to it."""
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


def _refunds(order):
    return RefundRequest.objects.filter(attempt__order=order)


def _refunded_units(order):
    rows = RefundLine.objects.filter(refund__in=_refunds(order)).values("line")
    back = rows.annotate(units=Sum("quantity")).values_list("line", "units")
    return defaultdict(int, back)


@retry_transient
def request_refund(attempt_id, wanted, *, user=None):
    """Write down what staff want paid back, and take the units back; sent after the commit.

    Returns the RefundRequest; the one that ``wanted.key`` made before, where it did. Raises
    RefundRefused with a sentence, and nothing happens then. A piece that has not left the house is
    not sent any more.
    """
    with transaction.atomic(durable=True):
        attempt = lock_attempt(attempt_id)
        before = RefundRequest.objects.filter(key=wanted.key).first()
        if before:
            return before
        if attempt.state not in (State.PAID, State.PART_REFUNDED):
            raise RefundRefused(_("Nothing can be paid back for this order now."))
        if attempt.disputes.exclude(status__in=Dispute.ENDED).exists():
            raise RefundRefused(_("The customer's bank disputes this payment and holds the money."))
        amounts = _checked_amounts(attempt, wanted)
        paid_before = _refunded_units(attempt.order)
        request = RefundRequest.objects.create(
            attempt=attempt,
            key=wanted.key,
            amount=sum(amounts.values()) + wanted.shipping + wanted.extra,
            shipping=wanted.shipping,
            reason=wanted.reason[:300],
            has_restocked=wanted.is_restocked,
            user=user,
        )
        RefundLine.objects.bulk_create(
            RefundLine(refund=request, line_id=pk, quantity=wanted.units[pk], amount=amount)
            for pk, amount in amounts.items()
        )
        if wanted.units and wanted.return_id is None:
            take_units_back(
                attempt.order_id,
                wanted.units,
                paid_before=paid_before,
                is_restocked=wanted.is_restocked,
                user=user,
            )
        if wanted.return_id is not None:
            note_refunded(wanted.return_id, user)
        text = _("Refund asked for: %(reason)s") % {"reason": request.reason}
        note_event(attempt.order, "refund", text, amount=request.amount, user=user)
        transaction.on_commit(lambda: send_refunds_task.enqueue(attempt.pk))
    return request


def is_large(attempt: PaymentAttempt, wanted: RefundTerms, *, limit: Decimal) -> bool:
    """Whether a refund that is possible brings what its order got back above ``limit``.

    Earlier refunds of the order count, so that one large refund cannot be made of many small ones.
    """
    goods = sum(line_amounts(attempt.order, wanted.units).values(), Decimal(0))
    amount = goods + wanted.shipping + wanted.extra
    before = sum(attempt.refunds.values_list("amount", flat=True), Decimal(0))
    return amount <= attempt.money_left and before + amount > limit


def _checked_amounts(attempt, wanted):
    """What each line gets back. Raises RefundRefused where that is more than there is."""
    order = attempt.order
    left = refundable_units(order)
    for pk, count in wanted.units.items():
        if not 0 < count <= left.get(pk, 0):
            raise RefundRefused(_("More pieces than were bought, or than are left to pay back."))
    if wanted.return_id is not None:
        came = units_received(order, ReturnRequest.State.RECEIVED, return_id=wanted.return_id)
        if any(count > came[pk] for pk, count in wanted.units.items()):
            raise RefundRefused(_("More pieces than came back with the return."))
    if not 0 <= wanted.shipping <= refundable_shipping(order):
        raise RefundRefused(_("That is more than is left of the delivery's price."))
    if wanted.extra < 0:
        raise RefundRefused(_("An amount cannot be below zero."))
    amounts = line_amounts(order, wanted.units)
    total = sum(amounts.values()) + wanted.shipping + wanted.extra
    if total <= 0:
        raise RefundRefused(_("Choose what is to be paid back."))
    if total > attempt.money_left:
        raise RefundRefused(_("That is more than is left of what was paid."))
    try:
        to_minor(total, attempt.currency)
    except ValueError as error:
        raise RefundRefused(_("The currency has no such small amounts.")) from error
    return amounts


# --- Sending --------------------------------------------------------------------------------------


def send_refunds(attempt):
    """Send every refund that is due for an attempt; the same key pays back once.

    Raises GatewayUnavailable; the request stays due then and the reconcile job sends it again.
    """
    due = attempt.refunds.filter(progress=Progress.DUE)
    if due.filter(created_at__lt=timezone.now() - IDEMPOTENCY_KEY_LIFETIME).exists():
        mirror_refunds(attempt.intent_id)  # The gateway may have made it and forgotten the key.
    for request in due.all():
        try:
            refund = gateway_of(attempt).refund(
                key=f"{request.key}:refund",
                intent_id=attempt.intent_id,
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


# --- Hearing of them ------------------------------------------------------------------------------


def mirror_refunds(intent_id):
    """Write down what the gateway says of an intent's refunds, those of its own dashboard too.

    Run again, it changes nothing. An intent of nobody's is left. Raises GatewayUnavailable.
    """
    attempt = PaymentAttempt.objects.filter(intent_id=intent_id).first()
    if attempt is None:
        return
    for refund in gateway_for(intent_id).list_refunds(intent_id=intent_id):
        mirror_refund(attempt, refund)


def mirror_refund(attempt, refund):
    """Write down one refund as the gateway tells it."""
    known = attempt.refunds.filter(gateway_id=refund.id).first()
    if known is None and refund.metadata.get("refund"):
        known = attempt.refunds.filter(key=refund.metadata["refund"]).first()
    if known is None:
        known = _create_mirrored_request(attempt.pk, refund)
    if known is not None and known.progress != PROGRESS.get(refund.status, known.progress):
        _apply_refund_status(known.pk, refund)


@retry_transient
def _create_mirrored_request(attempt_id, refund):
    """The row of a refund that we did not ask for; None for one that came to nothing."""
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
                "reason": _("made at the payment service"),
                "progress": Progress.SENT,
                "is_mirrored": True,
            },
        )
    return request


@retry_transient
def _apply_refund_status(request_id, refund):
    """Bring one request to what the gateway says of its refund."""
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


def _credit_note_facts(request):
    """A refund as its credit note tells it; sent again under another key, it stays the same.

    Without the reason: staff wrote that for the house.
    """
    return Refunded(
        key=f"refund-{request.pk}",
        amount=request.amount,
        shipping=request.shipping,
        lines={row.line_id: (row.quantity, row.amount) for row in request.lines.all()},
    )


def _update_state(attempt, *, reason):
    """The state that the refunds which went through make of a settled attempt."""
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


def _is_fully_refunded(attempt):
    """Whether every piece was paid back; the delivery may have been kept."""
    back = RefundLine.objects.filter(refund__attempt=attempt, refund__progress=Progress.DONE)
    ordered = attempt.order.lines.aggregate(units=Sum("quantity"))["units"]
    return ordered == back.aggregate(units=Sum("quantity"))["units"]


def _close_order(attempt, reason):
    """An order of which every piece was paid back is over: what is still in the house is not sent.

    One that was under review never stood, and is cancelled.
    """
    order = attempt.order
    order.refresh_from_db(fields=["status"])
    if REFUNDED in order.available_statuses():
        move_order(order.pk, REFUNDED, note=reason)
    elif CANCELLED in order.available_statuses():
        move_order(order.pk, CANCELLED, note=reason)
        close(attempt)
        thaw(attempt.basket)


def reconcile_refunds(gateway, *, since):
    """Compare every refund that a gateway made since then with what is written here."""
    for refund in gateway.list_refunds(since=since):
        attempt = PaymentAttempt.objects.filter(intent_id=refund.intent_id).first()
        if attempt is not None:
            with isolate_errors(f"refund {refund.id}"):
                mirror_refund(attempt, refund)


@task()
def send_refunds_task(attempt_id):
    """Send the refunds that are due for one attempt."""
    with leave_to_reconcile("refunds", attempt_id):
        send_refunds(PaymentAttempt.objects.get(pk=attempt_id))
