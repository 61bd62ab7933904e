"""Invariants between the shop and the gateway, for ``manage.py check_invariants``.

Amounts are added in Decimal: SQLite adds them as floating-point numbers.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone
from oscar.core.loading import get_model

from checkout_app.gateways.registry import takes_cards
from checkout_app.gateways.stripe import get_gateway
from checkout_app.models import (
    MONEY_STATES,
    OPEN_STATES,
    Capture,
    GatewayTransaction,
    PaymentAttempt,
    Progress,
    RefundRequest,
    State,
    site_marker,
)
from checkout_app.payments.captures import covers_shipment, shipped_value
from commerce.money import to_minor
from commerce.order_statuses import CANCELLED, PENDING
from commerce.orders.invariants import invariant
from commerce.orders.shipments import HANDED_OVER

#: Expired attempts are cancelled every five minutes; twice that is late.
GRACE = timedelta(minutes=10)
#: States whose order is confirmed.
CONFIRMED_STATES = (State.AUTHORISED, State.PAID, State.PART_REFUNDED)


@invariant
def succeeded_intents_have_their_order() -> Iterator[str]:
    """I3: each succeeded intent of this shop has a paid order of its amount, or was refunded."""
    if not takes_cards():
        return
    since = timezone.now() - timedelta(days=2)
    for intent in get_gateway().list_intents(since=since):
        if intent.status != "succeeded" or intent.metadata.get("site") != site_marker():
            continue
        attempt = PaymentAttempt.objects.filter(intent_id=intent.id).first()
        if attempt is None:
            yield f"I3 intent {intent.id} is paid but has no order"
        elif attempt.state not in (*MONEY_STATES, State.REFUNDED):
            yield f"I3 intent {intent.id} is paid, but its attempt is {attempt.state}"
        elif attempt.state in (State.PAID, State.PART_REFUNDED):
            expected = to_minor(_expected_amount(attempt), attempt.currency)
            if intent.received_minor != expected:
                yield f"I3 intent {intent.id}: {intent.received_minor} received for {expected}"


def _expected_amount(attempt: PaymentAttempt) -> Decimal:
    """What should have arrived: the order's total, the captured sum, or what staff accepted."""
    if attempt.moves.filter(old_state=State.REVIEW, new_state=State.PAID).exists():
        return attempt.money_taken
    captured = attempt.captures.filter(progress=Progress.DONE).values_list("amount", flat=True)
    return sum(captured, Decimal(0)) if captured else attempt.order.total_incl_tax


@invariant
def refunds_stay_within_what_was_paid() -> Iterator[str]:
    """I3: refunds never exceed what was paid."""
    for attempt in PaymentAttempt.objects.filter(transactions__isnull=False).distinct():
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for kind, amount in attempt.transactions.values_list("kind", "amount"):
            sums[kind] += amount
        if sums[GatewayTransaction.Kind.REFUND] > sums[GatewayTransaction.Kind.CHARGE]:
            yield f"I3 order {attempt.order.number}: more was refunded than paid"


@invariant
def refund_parts_fit_the_amount() -> Iterator[str]:
    """I3: a refund is positive, and its lines and delivery do not exceed it."""
    for request in RefundRequest.objects.filter(is_mirrored=False).prefetch_related("lines"):
        parts = sum(line.amount for line in request.lines.all()) + request.shipping
        if request.amount <= 0 or parts > request.amount:
            yield f"I3 refund {request.pk}: {request.amount}, but its parts add up to {parts}"


@invariant
def shipped_units_are_captured() -> Iterator[str]:
    """I12: a payment captured per shipment covers what was shipped."""
    shipped = PaymentAttempt.objects.filter(
        capture=Capture.MANUAL,
        state__in=(State.AUTHORISED, *MONEY_STATES, State.REFUNDED),
        order__shipping_events__event_type__name__in=HANDED_OVER,
    )
    for attempt in shipped.select_related("order").distinct():
        if not covers_shipment(attempt, attempt.order, {}):
            value = shipped_value(attempt.order, {})
            yield (
                f"I12 order {attempt.order.number}: {value} was shipped, but only "
                f"{attempt.money_taken} captured"
            )


@invariant
def no_basket_stays_frozen() -> Iterator[str]:
    """I7: a frozen basket has an open attempt, and no attempt is open long after it expired."""
    late = timezone.now() - GRACE
    overdue = PaymentAttempt.objects.filter(state__in=OPEN_STATES, expires_at__lt=late)
    for attempt in overdue.select_related("order"):
        yield f"I7 order {attempt.order.number} expired at {attempt.expires_at} and is still open"
    Basket = get_model("basket", "Basket")
    for basket in Basket.objects.filter(status=Basket.FROZEN, open_attempt=None):
        yield f"I7 basket {basket.pk} is frozen but has no open attempt"


@invariant
def orders_and_attempts_agree() -> Iterator[str]:
    """I8: order and attempt agree on whether the order is paid."""
    for attempt in PaymentAttempt.objects.select_related("order"):
        is_unpaid = attempt.order.status in (PENDING, CANCELLED)
        if attempt.state in CONFIRMED_STATES and is_unpaid:
            yield f"I8 order {attempt.order.number} is paid, but its status is {attempt.order.status}"
        if attempt.is_open and attempt.order.status != PENDING:
            yield f"I8 order {attempt.order.number} waits for payment, but its status is {attempt.order.status}"
