"""The payment states with the demo gateway: begin, settle, release, refund."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import OperationalError
from django.utils import timezone
from oscar.core.loading import get_model

from checkout_app.exceptions import BasketGone, GatewayRefused, GatewayUnavailable, TotalChanged
from checkout_app.models import GatewayTransaction, PaymentAttempt, State
from checkout_app.payments import begin, cancel, placement, reconcile, settle
from commerce.exceptions import OutOfStock
from commerce.models import OutgoingMail
from commerce.orders.pipeline import move_order
from demo_gateway import faults, server
from demo_gateway.models import DemoIntent
from demo_gateway.refusal import Refused
from tests.factories import (
    ADDRESS,
    make_basket,
    make_delivery,
    make_submission,
    pay,
    stockrecord_of,
)

pytestmark = pytest.mark.django_db(transaction=True)
Order = get_model("order", "Order")


@pytest.fixture
def begun(vase):
    """An order for the one vase, waiting for payment."""
    basket = make_basket((vase, 1))
    attempt, _intent = begin.begin(make_submission(basket))
    return attempt


def test_begin_writes_order_and_reserves_stock_before_any_payment(vase):
    basket = make_basket((vase, 1))

    attempt, intent = begin.begin(make_submission(basket))

    assert attempt.state == State.INTENT
    assert intent.status == "requires_payment_method"
    assert attempt.order.status == "Pending payment"
    assert attempt.amount == Decimal("90.00")
    assert stockrecord_of(vase).num_allocated == 1
    basket.refresh_from_db()
    assert basket.status == "Frozen"
    assert OutgoingMail.objects.count() == 0


def test_second_begin_for_a_basket_returns_the_same_attempt(begun):
    submission = make_submission(begun.basket, total="90.00")

    again, _intent = begin.begin(submission)

    assert again.pk == begun.pk
    assert Order.objects.count() == 1
    assert DemoIntent.objects.count() == 1


def test_changed_price_stops_before_anything_is_written(vase):
    submission = make_submission(make_basket((vase, 1)))
    record = stockrecord_of(vase)
    record.price = Decimal("95.00")
    record.save()

    with pytest.raises(TotalChanged) as raised:
        begin.begin(submission)

    assert raised.value.total == Decimal("95.00")
    assert Order.objects.count() == 0
    assert stockrecord_of(vase).num_allocated in (None, 0)


def test_last_unit_gone_names_the_shortage_and_writes_nothing(begun, vase):
    basket = make_basket((vase, 1))

    with pytest.raises(OutOfStock) as raised:
        begin.begin(make_submission(basket))

    assert [(i.title, i.wanted, i.available) for i in raised.value.items] == [("Moon vase", 1, 0)]
    assert Order.objects.count() == 1
    basket.refresh_from_db()
    assert basket.status == "Open"


def test_submitted_basket_cannot_be_bought_again(begun):
    pay(begun)

    with pytest.raises(BasketGone):
        begin.begin(make_submission(begun.basket, total="90.00"))


def test_webhook_alone_pays_the_order_and_sends_one_mail(begun, vase):
    pay(begun)  # the demo gateway delivers its event at once

    begun.refresh_from_db()
    assert begun.state == State.PAID
    assert begun.order.status == "Paid"
    assert begun.basket.status == "Submitted"
    assert begun.order.sources.get().amount_debited == Decimal("90.00")
    mail = OutgoingMail.objects.get()
    assert mail.key == f"order_placed:{begun.order.number}"
    assert mail.state == "sent"
    assert stockrecord_of(vase).num_allocated == 1


def test_settling_again_changes_nothing(begun):
    pay(begun)

    for _round in range(3):
        settle.settle(begun.intent_id)

    assert GatewayTransaction.objects.count() == 1
    assert OutgoingMail.objects.count() == 1
    assert begun.order.status_changes.count() == 1


def test_decline_keeps_order_and_intent_for_another_card(begun):
    with pytest.raises(Refused, match="declined"):
        pay(begun, "4000000000000002")
    begun.refresh_from_db()
    assert (begun.state, begun.last_error) == (State.INTENT, "Your card was declined.")

    pay(begun)

    begun.refresh_from_db()
    assert begun.state == State.PAID
    assert Order.objects.count() == 1


def test_lost_response_on_create_gives_one_intent_for_the_key(vase):
    submission = make_submission(make_basket((vase, 1)))
    faults.plan("drop")

    with pytest.raises(GatewayUnavailable):
        begin.begin(submission)
    attempt, intent = begin.begin(submission)

    assert DemoIntent.objects.count() == 1
    assert attempt.intent_id == intent.id
    assert Order.objects.count() == 1


def test_expiry_cancels_at_the_gateway_then_releases_everything(begun, vase):
    cancel.expire_attempts(at=timezone.now() + timedelta(minutes=31))

    begun.refresh_from_db()
    assert begun.state == State.RELEASED
    assert begun.order.status == "Cancelled"
    assert begun.basket.status == "Open"
    assert stockrecord_of(vase).num_allocated == 0
    assert DemoIntent.objects.get().body["status"] == "canceled"


def test_expiry_of_an_attempt_without_a_stored_intent(vase):
    faults.plan("unreachable")
    with pytest.raises(GatewayUnavailable):
        begin.begin(make_submission(make_basket((vase, 1))))

    cancel.expire_attempts(at=timezone.now() + timedelta(minutes=31))

    assert PaymentAttempt.objects.get().state == State.RELEASED
    assert stockrecord_of(vase).num_allocated == 0


def test_expiry_settles_a_last_moment_payment(begun):
    with faults.webhooks_held():
        pay(begun)

    cancel.expire_attempts(at=timezone.now() + timedelta(minutes=31))

    begun.refresh_from_db()
    assert begun.state == State.PAID


def test_unreachable_gateway_releases_nothing(begun, vase):
    faults.plan("unreachable")

    cancel.expire_attempts(at=timezone.now() + timedelta(minutes=31))

    begun.refresh_from_db()
    assert begun.state == State.INTENT
    assert stockrecord_of(vase).num_allocated == 1


def late_money(attempt):
    """Set the gateway's intent to paid although the attempt was released (a slow bank)."""
    intent = DemoIntent.objects.get(intent_id=attempt.intent_id)
    intent.body["status"] = "succeeded"
    intent.body["amount_received"] = intent.body["amount"]
    intent.body["latest_charge"] = "ch_demo_late"
    intent.save()


def test_late_payment_reserves_available_stock_again(begun, vase):
    cancel.expire_attempts(at=timezone.now() + timedelta(minutes=31))
    late_money(begun)

    settle.settle(begun.intent_id)

    begun.refresh_from_db()
    assert begun.state == State.PAID
    assert begun.order.status == "Paid"
    assert stockrecord_of(vase).num_allocated == 1


def test_late_payment_without_stock_is_refunded_once_and_reported(begun, vase):
    cancel.expire_attempts(at=timezone.now() + timedelta(minutes=31))
    other, _intent = begin.begin(make_submission(make_basket((vase, 1))))
    pay(other)
    late_money(begun)

    for _round in range(2):
        settle.settle(begun.intent_id)

    begun.refresh_from_db()
    assert begun.state == State.REFUNDED
    assert begun.refunds.get().amount == Decimal("90.00")
    assert begun.order.status == "Cancelled"
    assert OutgoingMail.objects.filter(key__startswith="order-refunded").count() == 1
    assert stockrecord_of(vase).num_allocated == 1


def test_wrong_amount_goes_to_review_and_never_ships(begun):
    intent = DemoIntent.objects.get()
    intent.body.update(status="succeeded", amount_received=1, latest_charge="ch_demo_odd")
    intent.save()

    settle.settle(begun.intent_id)

    begun.refresh_from_db()
    assert begun.state == State.REVIEW
    assert begun.order.status == "Pending payment"
    assert OutgoingMail.objects.count() == 0


def test_staff_cancelling_a_paid_order_refunds_it(begun, vase):
    pay(begun)

    move_order(begun.order_id, "Cancelled")

    begun.refresh_from_db()
    assert begun.state == State.REFUNDED
    assert stockrecord_of(vase).num_allocated == 0


def test_customer_changing_the_order_gets_the_basket_back(begun):
    attempt = cancel.cancel(begun, reason="changed")

    assert attempt.state == State.RELEASED
    assert attempt.basket.status == "Open"
    assert attempt.basket.num_items == 1


def test_second_reconcile_changes_nothing(begun):
    with faults.webhooks_held():
        pay(begun)

    reconcile.reconcile_open()
    before = list(PaymentAttempt.objects.values())
    reconcile.reconcile_open()
    reconcile.reconcile_recent()

    assert list(PaymentAttempt.objects.values()) == before
    assert before[0]["state"] == State.PAID
    assert OutgoingMail.objects.count() == 1


def test_free_order_needs_no_intent(vase):
    record = stockrecord_of(vase)
    record.price = Decimal("0.00")
    record.save()
    make_delivery("collect", price="0.00").countries.set(["GB"])
    basket = make_basket((vase, 1))

    attempt, intent = begin.begin(make_submission(basket, delivery="collect"))

    assert intent is None
    assert attempt.state == State.PAID
    assert DemoIntent.objects.count() == 0
    assert OutgoingMail.objects.count() == 1


def test_amount_refused_by_the_gateway_releases_everything_at_once(vase):
    record = stockrecord_of(vase)
    record.price = Decimal("0.10")
    record.save()
    make_delivery("collect", price="0.00").countries.set(["GB"])
    basket = make_basket((vase, 1))

    with pytest.raises(GatewayRefused, match="at least"):
        begin.begin(make_submission(basket, delivery="collect"))

    assert PaymentAttempt.objects.get().state == State.RELEASED
    basket.refresh_from_db()
    assert basket.status == "Open"
    assert stockrecord_of(vase).num_allocated == 0


def test_refused_intent_of_a_killed_process_still_expires(vase):
    record = stockrecord_of(vase)
    record.price = Decimal("0.10")
    record.save()
    make_delivery("collect", price="0.00").countries.set(["GB"])
    placement.place_order(make_submission(make_basket((vase, 1)), delivery="collect"))

    cancel.expire_attempts(at=timezone.now() + timedelta(minutes=31))

    assert PaymentAttempt.objects.get().state == State.RELEASED


def test_cancellation_in_the_gateways_dashboard_releases_the_order(begun, vase):
    server.cancel_intent(begun.intent_id)

    begun.refresh_from_db()
    assert begun.state == State.RELEASED
    assert stockrecord_of(vase).num_allocated == 0


def test_retry_after_a_deadlock_uses_the_right_address(vase, monkeypatch):
    ShippingAddress = get_model("order", "ShippingAddress")
    submission = make_submission(make_basket((vase, 1)))
    others, write_attempt = [], placement._write_attempt

    def deadlock_once(*args, **kwargs):
        if not others:
            raise OperationalError(1213, "Deadlock found when trying to get lock")
        return write_attempt(*args, **kwargs)

    def another_shopper_orders(_seconds):  # while the first one waits to retry
        others.append(
            ShippingAddress.objects.create(**ADDRESS | {"line1": "1 Other Way"}, country_id="GB")
        )

    monkeypatch.setattr(placement, "_write_attempt", deadlock_once)
    monkeypatch.setattr("commerce.transactions.time.sleep", another_shopper_orders)

    attempt = placement.place_order(submission)

    others[0].refresh_from_db()
    assert others[0].line1 == "1 Other Way"
    assert attempt.order.shipping_address.line1 == ADDRESS["line1"]
    assert attempt.order.shipping_address_id != others[0].pk
    assert submission.shipping_address.pk is None
