"""Simultaneous refunds in the shop and at the gateway, and vouchers. Each test has a control."""

from decimal import Decimal

import pytest
from oscar.core.loading import get_model

from checkout_app.exceptions import RefundRefused
from checkout_app.models import PaymentAttempt, Progress, RefundRequest, State
from checkout_app.payments import begin, reconcile, refunds, settle
from checkout_app.payments.refunds import RefundTerms
from commerce.models import OutgoingMail
from commerce.orders import discount_uses
from commerce.orders.invariants import broken_invariants
from commerce.pricing import applicator
from demo_gateway import faults, post_payment
from demo_gateway.models import DemoCharge
from tests.factories import (
    make_basket,
    make_product,
    make_submission,
    make_voucher,
    pay,
    stockrecord_of,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
Voucher = get_model("voucher", "Voucher")


@pytest.fixture
def paid(vase):
    """The vase, bought and paid for (£90)."""
    attempt, _intent = begin.begin(make_submission(make_basket((vase, 1))))
    pay(attempt)
    attempt.refresh_from_db()
    assert attempt.state == State.PAID
    return attempt


def twenty(attempt, key):
    """Request a refund of £20 with a key."""
    wanted = RefundTerms(key=key, reason="race", extra=Decimal(20))
    return refunds.request_refund(attempt.pk, wanted)


def one_of_nine(attempt, index):
    """Refund £50 in the gateway's own dashboard, or request one of eight refunds of £20."""
    if index == 0:
        return post_payment.refund_in_dashboard(attempt.intent_id, 5000)
    return twenty(attempt, f"key{index}")


def gone_back():
    """The total in pence that the gateway has refunded."""
    made = DemoCharge.objects.filter(object_id__startswith="re_")
    return sum(row.body["amount"] for row in made)


def test_eight_refunds_and_one_at_the_gateway_never_exceed_the_payment(paid, together):
    results = together(9, lambda index: one_of_nine(paid, index))

    reconcile.reconcile_open()
    reconcile.mirror_refunds_and_disputes()
    assert gone_back() <= 9000
    kinds = {type(result) for result in results if isinstance(result, Exception)}
    assert kinds <= {RefundRefused, post_payment.Refused}, results
    done = RefundRequest.objects.filter(progress=Progress.DONE)
    assert sum(int(row.amount * 100) for row in done) == gone_back()
    assert OutgoingMail.objects.filter(key__startswith="order-refunded").count() == done.count()
    assert broken_invariants() == []


def test_same_form_eight_times_is_one_refund(paid, together):
    results = together(8, lambda _index: twenty(paid, "one"))

    assert {getattr(result, "key", result) for result in results} == {"one"}
    assert gone_back() == 2000
    assert OutgoingMail.objects.filter(key__startswith="order-refunded").count() == 1


def test_control_without_the_sum_requests_exceed_the_payment(paid, together, monkeypatch):
    monkeypatch.setattr(PaymentAttempt, "money_back", Decimal(0))

    together(8, lambda index: twenty(paid, f"key{index}"))

    asked = sum(RefundRequest.objects.values_list("amount", flat=True))
    assert asked > 90  # The gateway refuses the rest; our check is the first of two.
    assert gone_back() <= 9000


def test_control_without_the_gateways_sum_refunds_exceed_the_payment(paid, together, monkeypatch):
    monkeypatch.setattr(post_payment, "_paid_back", lambda _intent: 0)

    with faults.webhooks_held():  # The shop cannot count refunds without their events.
        together(9, lambda index: one_of_nine(paid, index))

    reconcile.reconcile_open()
    reconcile.mirror_refunds_and_disputes()
    assert gone_back() == 5000 + 4 * 2000
    assert any("more was refunded than paid" in line for line in broken_invariants())


def test_sending_due_refunds_from_eight_workers_refunds_once(paid, together):
    faults.plan("unreachable")
    twenty(paid, "one")

    together(8, lambda _index: refunds.send_refunds(PaymentAttempt.objects.get()))

    assert gone_back() == 2000
    assert RefundRequest.objects.get().progress == Progress.DONE
    assert paid.order.sources.get().amount_refunded == Decimal(20)


@pytest.fixture
def with_voucher(shop):
    """Twenty-four buyers whose baskets contain the same single-use voucher."""
    cup = make_product("Espresso cup", price="18.00", stock=50)
    voucher = make_voucher("FIRST", usage=Voucher.SINGLE_USE)
    baskets = [make_basket((cup, 1)) for _buyer in range(24)]
    for basket in baskets:
        basket.vouchers.add(voucher)
    return cup, voucher, [make_submission(basket, total="20.70") for basket in baskets]


def test_single_use_voucher_is_used_once_by_twenty_four(with_voucher, together):
    cup, voucher, queue = with_voucher

    together(24, lambda index: begin.begin(queue[index]))

    assert voucher.applications.count() == 1
    assert stockrecord_of(cup).num_allocated == 1
    assert broken_invariants() == []


def test_control_voucher_that_is_not_checked_again_is_used_twice(
    with_voucher, together, monkeypatch
):
    _cup, voucher, queue = with_voucher
    monkeypatch.setattr(Voucher, "is_available_to_user", lambda *_args, **_kwargs: (True, ""))
    for place in (applicator, discount_uses):
        monkeypatch.setattr(place, "refusal_for", lambda *_args, **_kwargs: "")

    together(24, lambda index: begin.begin(queue[index]))

    assert voucher.applications.count() > 1
    assert any(line.startswith("I5") for line in broken_invariants())


def test_control_settling_without_a_state_check_counts_twice(vase, together, monkeypatch):
    attempt, _intent = begin.begin(make_submission(make_basket((vase, 1))))
    with faults.webhooks_held():
        pay(attempt)
    monkeypatch.setattr(settle, "MONEY_STATES", ())

    together(6, lambda _index: settle.settle(attempt.intent_id))

    record = get_model("analytics", "ProductRecord").objects.get(product=vase)
    assert record.num_purchases > 1
