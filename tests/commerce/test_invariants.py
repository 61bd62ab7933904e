"""Each invariant passes in an intact shop and names the problem in a broken one."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from oscar.core.loading import get_model

from checkout_app.models import GatewayTransaction, PaymentAttempt, State, site_marker
from checkout_app.payments import begin, settle
from commerce.models import OutgoingMail
from commerce.orders.invariants import broken_invariants
from commerce.orders.shipments import SENT, ship, write_event
from commerce.returns.returns import request_return
from demo_gateway import server
from demo_gateway.models import DemoIntent
from tests.factories import (
    make_basket,
    make_order,
    make_submission,
    make_voucher,
    pay,
    stockrecord_of,
)
from tests.held_orders import MANY_CAPTURES

pytestmark = pytest.mark.django_db
Order = get_model("order", "Order")


@pytest.fixture
def paid(vase):
    """An intact paid order."""
    attempt, _intent = begin.begin(make_submission(make_basket((vase, 1))))
    pay(attempt)
    attempt = settle.settle(attempt.intent_id)
    assert broken_invariants() == []
    return attempt


@pytest.fixture
def begun(vase):
    """An intact order waiting for payment."""
    attempt, _intent = begin.begin(make_submission(make_basket((vase, 1))))
    assert broken_invariants() == []
    return attempt


def broken():
    """The names of the broken invariants."""
    return {sentence.split()[0] for sentence in broken_invariants()}


def test_i1_allocation_without_a_line(paid, vase):
    record = stockrecord_of(vase)
    record.num_allocated = 0
    record.save()

    assert broken_invariants() == [f"I1 stock record {record.pk}: 0 allocated, 1 by open lines"]


def test_i2_allocation_above_the_stock(paid, vase):
    record = stockrecord_of(vase)
    record.num_in_stock = 0
    record.save()

    assert broken() == {"I2"}


def test_i3_payment_without_an_order(paid):
    PaymentAttempt.objects.update(intent_id="pi_other")

    assert broken() == {"I3"}


def test_i3_payment_of_a_released_attempt(paid):
    PaymentAttempt.objects.update(state=State.RELEASED)

    assert "I3" in broken()


def test_i3_payment_differs_from_the_order_total(paid):
    intent = DemoIntent.objects.get()
    intent.body["amount_received"] = 8999
    intent.save()

    assert broken_invariants() == [f"I3 intent {intent.intent_id}: 8999 received for 9000"]


def test_i3_refunds_exceed_the_payment(paid):
    GatewayTransaction.objects.create(
        attempt=paid, kind="refund", gateway_id="re_1", amount="90.01", currency="GBP"
    )

    assert broken() == {"I3"}


def test_i3_ignores_intents_of_other_shops(paid):
    stray = server.create_intent({"amount": "500", "currency": "gbp", "metadata": {"site": "x"}})
    intent = DemoIntent.objects.get(intent_id=stray["id"])
    intent.body["status"] = "succeeded"
    intent.save()
    assert broken_invariants() == []

    intent.body["metadata"] = {"site": site_marker()}
    intent.save()

    assert broken() == {"I3"}


def test_i4_total_does_not_add_up(begun):
    Order.objects.update(total_incl_tax=Decimal("90.01"))

    assert broken() == {"I4"}


def test_i4_adds_pence_exactly(shop, vase):
    order = make_order(*[vase] * 10)
    order.lines.update(line_price_incl_tax=Decimal("0.10"))
    Order.objects.update(total_incl_tax=Decimal("1.30"), shipping_incl_tax=Decimal("0.30"))

    assert "I4" not in broken()

    Order.objects.update(total_incl_tax=Decimal("1.31"))

    assert "I4" in broken()


def test_i5_offer_used_too_often(paid):
    offer = make_voucher("TEN").offers.get()
    offer.max_global_applications, offer.num_applications = 1, 2
    offer.save()

    assert broken() == {"I5"}


def test_i5_single_voucher_used_twice(paid):
    voucher = make_voucher("ONCE", usage="Single use")
    for _use in range(2):
        voucher.applications.create(order=paid.order)

    assert broken_invariants() == ["I5 voucher ONCE: used 2 times, allowed once"]


def test_i6_paid_order_without_its_mail(paid):
    OutgoingMail.objects.all().delete()

    assert broken() == {"I6"}


def test_i7_order_waits_too_long(begun):
    PaymentAttempt.objects.update(expires_at=timezone.now() - timedelta(minutes=11))

    assert broken() == {"I7"}


def test_i7_frozen_basket_without_an_order(shop):
    basket = make_basket()
    basket.freeze()

    assert broken_invariants() == [f"I7 basket {basket.pk} is frozen but has no open attempt"]


def test_i8_paid_attempt_of_an_unpaid_order(paid):
    Order.objects.update(status="Pending payment")

    assert "I8" in broken()


def test_i8_open_attempt_of_a_processed_order(begun):
    Order.objects.update(status="Packing")

    assert "I8" in broken()


def test_command_reports_how_many_pass(paid):
    output = StringIO()

    call_command("check_invariants", stdout=output)

    assert "invariants hold." in output.getvalue()


def test_command_fails_with_a_line_per_problem(begun):
    Order.objects.update(total_incl_tax=Decimal("1.00"))
    errors = StringIO()

    with pytest.raises(CommandError, match="listed above: 1"):
        call_command("check_invariants", stderr=errors)

    assert errors.getvalue().startswith("I4 order")


def test_i9_more_units_shipped_than_ordered(paid):
    ship(paid.order_id)
    get_model("order", "ShippingEventQuantity").objects.update(quantity=2)

    assert broken() == {"I9"}


def test_i10_status_without_a_change_record(paid):
    Order.objects.update(status="Packing")

    assert broken_invariants() == [
        f"I10 order {paid.order.number} is Packing, but its history ends at Paid"
    ]


def test_i11_more_units_returned_than_shipped(paid):
    ship(paid.order_id)
    line = paid.order.lines.get()
    request_return(paid.order_id, {line.pk: 1}, reason="too blue")
    line.return_lines.update(quantity=2)

    assert broken_invariants() == [f"I11 line {line.pk}: 2 returned or requested, 1 sent"]


def test_i12_parcel_that_was_not_captured(vase, settings):
    settings.PAYMENT_CAPTURE = "manual"
    attempt, _intent = begin.begin(make_submission(make_basket((vase, 1))))
    pay(attempt, MANY_CAPTURES)
    settle.settle(attempt.intent_id)
    assert broken_invariants() == []

    write_event(attempt.order, {attempt.order.lines.get().pk: 1}, SENT)

    assert "I12" in broken()
