"""Refunds of units that were cancelled, returned, refused or disputed. Each unit counts once."""

from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest
from django.urls import reverse
from django.utils import timezone

from checkout_app.dashboard.work_queue import KINDS
from checkout_app.exceptions import RefundRefused
from checkout_app.models import Dispute, Progress, RefundRequest, State
from checkout_app.payments import begin, reconcile, refunds, settle
from commerce.exceptions import DispatchRefused, ReturnRefused
from commerce.order_statuses import CANCELLED
from commerce.orders.invariants import broken_invariants
from commerce.orders.pipeline import move_order
from commerce.orders.shipments import cancel_rest, ship, units_to_send
from commerce.returns.returns import (
    Received,
    approve_return,
    receive_return,
    request_return,
    units_returnable,
)
from demo_gateway import faults, post_payment, store
from demo_gateway.models import DemoCharge, DemoIntent, DemoRequest
from demo_gateway.refusal import Refused
from tests.checkout_app.test_refunds import ask, attempt_of, line_of
from tests.factories import (
    make_basket,
    make_paid_order,
    make_submission,
    make_user,
    pay,
    stockrecord_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cup(mug):
    """A mug in one glaze: ten in stock at £24."""
    return mug.children.order_by("pk").first()


@pytest.fixture
def order(cup):
    """Three cups, paid: £72.00 and delivery."""
    return make_paid_order((cup, 3))


def test_cancelled_units_are_refunded_and_restocked_once(order, cup):
    line = line_of(order)
    ship(order.pk, units={line: 1})
    cancel_rest(order.pk, reason="none left")
    assert (stockrecord_of(cup).num_in_stock, stockrecord_of(cup).num_allocated) == (9, 0)

    ask(order, units={line: 2}, is_restocked=True)
    assert stockrecord_of(cup).num_in_stock == 9

    ask(order, key="k2", units={line: 1}, is_restocked=True)  # The shipped one was returned.
    assert stockrecord_of(cup).num_in_stock == 10
    assert broken_invariants() == []


def test_returned_unit_is_restocked_once(order, cup):
    line = line_of(order)
    ship(order.pk)
    returned = request_return(order.pk, {line: 1}, reason="too small")
    approve_return(returned.pk, instructions="Send it.", user=None)

    ask(order, units={line: 3}, is_restocked=True)  # Refunded at once, before the return arrives.
    assert stockrecord_of(cup).num_in_stock == 9
    receive_return(
        returned.pk,
        {returned.lines.get().pk: Received(1, condition="new", restock=True)},
        user=None,
    )

    assert stockrecord_of(cup).num_in_stock == 10


def test_unit_restocked_by_a_refund_cannot_be_returned(order):
    line = line_of(order)
    ship(order.pk)

    ask(order, units={line: 2}, is_restocked=True)

    assert units_returnable(order) == {line: 1}
    with pytest.raises(ReturnRefused):
        request_return(order.pk, {line: 2}, reason="once more")


def refused(order, **wanted):
    """Make a refund that the gateway refuses."""
    with patch.object(post_payment, "create_refund", side_effect=Refused(400, "No money left.")):
        request = ask(order, **wanted)
    request.refresh_from_db()
    assert request.progress == Progress.FAILED
    return request


def test_units_of_a_refused_refund_are_not_restocked_twice(order, cup):
    line = line_of(order)
    request = refused(order, units={line: 1}, shipping=order.shipping_incl_tax, is_restocked=True)
    assert (stockrecord_of(cup).num_allocated, units_to_send(order)) == (2, {line: 2})

    assert refunds.refundable_units(order) == {line: 2}
    assert refunds.refundable_shipping(order) == 0
    with pytest.raises(RefundRefused):
        ask(order, key="k2", units={line: 3})

    refunds.send_refunds(refunds.retry_refund(request.pk))
    request.refresh_from_db()
    assert request.progress == Progress.DONE
    assert units_to_send(order) == {line: 2}
    assert broken_invariants() == []


def test_refused_refund_is_not_retried_if_its_money_was_refunded_otherwise(order):
    attempt = attempt_of(order)
    request = refused(order, units={line_of(order): 2})
    ask(order, key="k2", extra=attempt.amount - Decimal("20.00"))

    with pytest.raises(RefundRefused, match="left"):
        refunds.retry_refund(request.pk)

    request.refresh_from_db()
    assert request.progress == Progress.FAILED


def test_refused_refund_needs_no_attention_once_everything_is_refunded(order):
    attempt = attempt_of(order)
    request = refused(order, extra=Decimal("50.00"))
    waiting = next(kind for kind in KINDS if kind.code == "refund").rows
    assert list(waiting()) == [request]

    post_payment.refund_in_dashboard(attempt.intent_id)

    assert attempt_of(order).state == State.REFUNDED
    assert list(waiting()) == []


def test_reviewed_payment_refunded_at_the_gateway_ends_the_order(cup):
    attempt, _intent = begin.begin(make_submission(make_basket((cup, 2))))
    with faults.webhooks_held():
        pay(attempt)
    intent = DemoIntent.objects.get()
    store.change_intent(intent, "payment_intent.succeeded", amount_received=1000)
    settle.settle(attempt.intent_id)
    attempt.refresh_from_db()
    assert attempt.state == State.REVIEW

    post_payment.refund_in_dashboard(attempt.intent_id)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.order.status) == (State.REFUNDED, CANCELLED)
    assert (attempt.open_basket, attempt.open_order) == (None, None)
    assert attempt.basket.status == "Open"
    assert stockrecord_of(cup).num_allocated == 0
    assert broken_invariants() == []


def test_payment_reversed_by_the_bank_is_not_refunded_as_well(order):
    body = post_payment.dispute(attempt_of(order).intent_id)
    post_payment.end_dispute(body["id"], "lost")

    with pytest.raises(DispatchRefused, match="took"):
        ship(order.pk)
    with pytest.raises(RefundRefused, match="left of the payment"):
        ask(order, extra=Decimal("1.00"))
    move_order(order.pk, CANCELLED)

    assert RefundRequest.objects.count() == 0
    assert attempt_of(order).state == State.REFUNDED
    assert broken_invariants() == []


def test_missed_end_of_a_dispute_is_found(order):
    body = post_payment.dispute(attempt_of(order).intent_id)
    with faults.webhooks_held():
        post_payment.end_dispute(body["id"], "won")

    reconcile.mirror_refunds_and_disputes(at=timezone.now() + timedelta(days=90))

    assert Dispute.objects.get().status == "won"


def test_return_refunds_only_what_arrived(client, order):
    finance = make_user("fin@example.com", is_staff=True, is_superuser=True)
    client.force_login(finance)
    line = line_of(order)
    ship(order.pk, units={line: 1})
    returned = request_return(order.pk, {line: 1}, reason="too small")
    approve_return(returned.pk, instructions="Send it.", user=finance)
    receive_return(
        returned.pk, {returned.lines.get().pk: Received(1, condition="new")}, user=finance
    )
    url = f"{reverse('order-refund', args=[order.number])}?return={returned.pk}"

    page = client.post(url, {f"line_{line}": 3, "reason": "returned", "key": "k"})

    assert page.status_code == 422
    with pytest.raises(RefundRefused, match="came back"):
        ask(order, units={line: 3}, return_id=returned.pk)
    assert RefundRequest.objects.count() == 0
    assert units_to_send(order) == {line: 2}


def test_refund_with_an_expired_key_is_not_sent_twice(order):
    """Stripe stores keys for a day; after that, a refund's metadata identifies its request."""
    with faults.webhooks_held():
        faults.plan("drop")
        request = ask(order, extra=Decimal("5.00"))
        DemoRequest.objects.all().delete()
        RefundRequest.objects.update(created_at=timezone.now() - timedelta(days=2))

        reconcile.reconcile_open()

    request.refresh_from_db()
    assert request.progress == Progress.DONE
    assert DemoCharge.objects.filter(object_id__startswith="re_").count() == 1
