"""Past orders of the demo shop: they are paid and can be refunded."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from oscar.core.loading import get_model

from checkout_app.models import PaymentAttempt, Progress, State
from checkout_app.payments import reconcile, refunds
from checkout_app.payments.refunds import RefundTerms
from commerce.order_statuses import CANCELLED
from commerce.orders.invariants import broken_invariants
from demo.orders import SOURCE_TYPE
from demo_gateway.models import DemoEvent, DemoIntent
from tests.factories import make_order, make_product

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def past(shop):
    """Two orders written by the demo loader, one of them cancelled."""
    mug = make_product("Harbour mug", price="24.00")
    source_type = get_model("payment", "SourceType").objects.create(name=SOURCE_TYPE)
    orders = [make_order(mug), make_order(mug, status=CANCELLED)]
    for order in orders:
        total = order.total_incl_tax
        back = total if order.status == CANCELLED else 0
        order.sources.create(
            source_type=source_type,
            amount_allocated=total,
            amount_debited=total,
            amount_refunded=back,
        )
    return orders


def load():
    said = StringIO()
    call_command("load_demo_payments", stdout=said)
    return said.getvalue()


def test_each_order_has_one_payment_at_the_gateway(past):
    kept, cancelled = past

    assert "2 payments" in load()
    assert load() == ""

    assert PaymentAttempt.objects.get(order=kept).state == State.PAID
    attempt = PaymentAttempt.objects.get(order=cancelled)
    assert (attempt.state, attempt.money_left) == (State.REFUNDED, Decimal(0))
    assert cancelled.sources.get().reference == attempt.intent_id
    assert DemoIntent.objects.count() == 2
    assert not DemoEvent.objects.exists()
    reconcile.reconcile_recent()
    reconcile.mirror_refunds_and_disputes()
    assert PaymentAttempt.objects.get(order=kept).state == State.PAID
    assert PaymentAttempt.objects.get(order=cancelled).refunds.count() == 1
    assert [text for text in broken_invariants() if text.startswith(("I3", "I8"))] == []


def test_past_order_is_refunded_like_any_other(past):
    load()
    attempt = PaymentAttempt.objects.get(order=past[0])

    refund = refunds.request_refund(
        attempt.pk, RefundTerms(key="k", reason="goodwill", extra=Decimal("5.00"))
    )

    refund.refresh_from_db()
    attempt.refresh_from_db()
    assert (refund.progress, attempt.state) == (Progress.DONE, State.PART_REFUNDED)
    assert past[0].sources.get().amount_refunded == 5


def test_no_payments_are_written_if_stripe_is_used(past, settings):
    settings.STRIPE_SECRET_KEY = "sk_test_1"

    assert load() == ""

    assert not PaymentAttempt.objects.exists()
