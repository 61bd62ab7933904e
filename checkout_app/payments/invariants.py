"""What must hold between the shop and the gateway."""

from datetime import timedelta

from django.db.models import Sum
from django.utils import timezone
from oscar.core.loading import get_model

from checkout_app.gateways.registry import takes_cards
from checkout_app.gateways.stripe import get_gateway
from checkout_app.models import (
    MONEY_STATES,
    OPEN_STATES,
    GatewayTransaction,
    PaymentAttempt,
    Progress,
    RefundRequest,
    State,
    site_marker,
)
from commerce.money import to_minor
from commerce.order_statuses import CANCELLED, PENDING
from commerce.orders.invariants import invariant

#: An expired attempt is looked at every five minutes; twice that is late.
GRACE = timedelta(minutes=10)
#: In these the order stands.
CONFIRMED_STATES = (State.AUTHORISED, State.PAID, State.PART_REFUNDED)


@invariant
def succeeded_intents_have_their_order():
    """I3: each succeeded intent of ours is one paid order of its amount, or was paid back."""
    if not takes_cards():
        return
    since = timezone.now() - timedelta(days=2)
    for intent in get_gateway().list_intents(since=since):
        if intent.status != "succeeded" or intent.metadata.get("site") != site_marker():
            continue
        attempt = PaymentAttempt.objects.filter(intent_id=intent.id).first()
        if attempt is None:
            yield f"I3 intent {intent.id} is paid and has no order"
        elif attempt.state not in (*MONEY_STATES, State.REFUNDED):
            yield f"I3 intent {intent.id} is paid, its attempt is {attempt.state}"
        elif attempt.state in (State.PAID, State.PART_REFUNDED):
            expected = to_minor(_expected_amount(attempt), attempt.currency)
            if intent.received_minor != expected:
                yield f"I3 intent {intent.id}: {intent.received_minor} received for {expected}"


def _expected_amount(attempt):
    """The order's total; of held money what was taken of it by request, and what staff accepted."""
    if attempt.moves.filter(old_state=State.REVIEW, new_state=State.PAID).exists():
        return attempt.money_taken
    taken = attempt.captures.filter(progress=Progress.DONE).aggregate(total=Sum("amount"))["total"]
    return attempt.order.total_incl_tax if taken is None else taken


@invariant
def refunds_stay_within_what_was_paid():
    """I3, the other way: never more goes back than came."""
    for attempt in PaymentAttempt.objects.filter(transactions__isnull=False).distinct():
        sums = {
            row["kind"]: row["total"]
            for row in attempt.transactions.values("kind").annotate(total=Sum("amount"))
        }
        charged = sums.get(GatewayTransaction.Kind.CHARGE, 0)
        if sums.get(GatewayTransaction.Kind.REFUND, 0) > charged:
            yield f"I3 order {attempt.order.number}: more paid back than paid"


@invariant
def refunds_are_what_they_were_asked_for():
    """I3: the lines, the delivery and nothing negative of each refund are within its amount."""
    for request in RefundRequest.objects.filter(is_mirrored=False).prefetch_related("lines"):
        parts = sum(line.amount for line in request.lines.all()) + request.shipping
        if request.amount <= 0 or parts > request.amount:
            yield f"I3 refund {request.pk}: {request.amount}, its parts are {parts}"


@invariant
def no_basket_stays_frozen():
    """I7: a frozen basket has an open attempt, and none is open long after its time."""
    late = timezone.now() - GRACE
    overdue = PaymentAttempt.objects.filter(state__in=OPEN_STATES, expires_at__lt=late)
    for attempt in overdue.select_related("order"):
        yield f"I7 order {attempt.order.number} waits since {attempt.expires_at}"
    Basket = get_model("basket", "Basket")
    for basket in Basket.objects.filter(status=Basket.FROZEN, open_attempt=None):
        yield f"I7 basket {basket.pk} is frozen and nothing waits for it"


@invariant
def orders_and_attempts_agree():
    """I8: an order is paid exactly where its attempt is, and none that was shown is missing."""
    for attempt in PaymentAttempt.objects.select_related("order"):
        is_unpaid = attempt.order.status in (PENDING, CANCELLED)
        if attempt.state in CONFIRMED_STATES and is_unpaid:
            yield f"I8 order {attempt.order.number} is paid and stands at {attempt.order.status}"
        if attempt.is_open and attempt.order.status != PENDING:
            yield f"I8 order {attempt.order.number} waits for money at {attempt.order.status}"
