"""Interrupted captures: an unsent or overtaken shipment, a refusal, an expired authorisation."""

from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest
from django.urls import reverse
from django.utils import timezone

from checkout_app.models import PaymentAttempt, Progress, State
from checkout_app.payments import begin, captures, reconcile, settle
from commerce.exceptions import DispatchRefused
from commerce.order_statuses import CANCELLED, PART_SHIPPED
from commerce.orders import shipments
from commerce.orders.invariants import broken_invariants
from commerce.orders.pipeline import move_order
from commerce.orders.shipments import cancel_rest, ship, units_sent
from demo_gateway import faults, post_payment, store
from demo_gateway.models import DemoCharge, DemoIntent
from demo_gateway.refusal import Refused
from tests.factories import make_basket, make_submission, make_user, pay, stockrecord_of
from tests.held_orders import MANY_CAPTURES, ONE_CAPTURE, at_gateway, order_held

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _manual(settings):
    settings.PAYMENT_CAPTURE = "manual"


@pytest.fixture
def cup(mug):
    """A mug in one glaze: ten in stock at £24."""
    return mug.children.order_by("pk").first()


def test_part_captured_for_unsent_shipment_is_refunded_with_the_order(cup):
    attempt = order_held(cup, count=3, card=MANY_CAPTURES)
    line = attempt.order.lines.get().pk
    captures.capture_for_shipment(attempt.order, {line: 1}, None)  # and the process dies here
    attempt.refresh_from_db()
    taken = attempt.money_taken
    assert (attempt.state, taken) == (
        State.AUTHORISED,
        Decimal("24") + attempt.order.shipping_incl_tax,
    )

    move_order(attempt.order_id, CANCELLED)
    reconcile.reconcile_open()

    attempt.refresh_from_db()
    assert (attempt.state, attempt.money_back) == (State.REFUNDED, taken)
    assert at_gateway(attempt)[2] == 0
    assert broken_invariants() == []


def test_remaining_authorisation_is_voided_with_the_remaining_order(cup):
    attempt = order_held(cup, count=3, card=MANY_CAPTURES)
    ship(attempt.order_id, units={attempt.order.lines.get().pk: 1})
    attempt.refresh_from_db()
    taken = attempt.money_taken

    cancel_rest(attempt.order_id, reason="none left")
    reconcile.reconcile_open()

    attempt.refresh_from_db()
    assert (attempt.state, attempt.money_taken) == (State.PAID, taken)
    assert at_gateway(attempt) == ("succeeded", int(taken * 100), 0)
    assert broken_invariants() == []


@pytest.fixture
def overtaken(monkeypatch):
    """``overtaken(work)`` runs ``work`` once between the capture of the next parcel and its dispatch."""

    def arrange(work):
        send, waiting = shipments._send, [work]

        def overtaken_send(*args, **kwargs):
            if waiting:
                waiting.pop()()
            return send(*args, **kwargs)

        monkeypatch.setattr(shipments, "_send", overtaken_send)

    return arrange


def dispatch(client, order, line, key="form"):
    """Submit the dispatch form for one unit of a line; return the response."""
    data = {"order_action": "dispatch_parcel", "carrier": "other", "key": key, f"units_{line}": "1"}
    return client.post(reverse("dashboard:order-detail", args=[order.number]), data)


def test_overtaken_parcel_is_refused_and_charged_when_it_is_dispatched_again(
    cup, client, overtaken
):
    attempt = order_held(cup, count=3, card=MANY_CAPTURES)
    order = attempt.order
    line = order.lines.get().pk
    client.force_login(make_user("boss@example.com", is_staff=True, is_superuser=True))
    overtaken(lambda: ship(order.pk, units={line: 1}))

    page = dispatch(client, order, line)

    assert "Another parcel of this order was dispatched at the same time" in page.text
    attempt.refresh_from_db()
    assert units_sent(order) == {line: 1}
    assert attempt.money_taken == captures.shipped_value(order, {})

    dispatch(client, order, line)

    attempt.refresh_from_db()
    assert units_sent(order) == {line: 2}
    assert attempt.money_taken == captures.shipped_value(order, {})
    assert at_gateway(attempt)[1] == int(attempt.money_taken * 100)
    assert broken_invariants() == []


def test_overtaken_last_parcel_is_charged_when_it_is_dispatched_again(cup, overtaken):
    attempt = order_held(cup, count=2, card=MANY_CAPTURES)
    line = attempt.order.lines.get().pk
    overtaken(lambda: ship(attempt.order_id, units={line: 1}))
    with pytest.raises(DispatchRefused, match="at the same time"):
        ship(attempt.order_id, units={line: 1})

    ship(attempt.order_id, units={line: 1})

    attempt.refresh_from_db()
    assert (attempt.state, attempt.money_taken) == (State.PAID, attempt.amount)
    assert broken_invariants() == []


def test_refused_capture_keeps_a_manual_partial_capture_valid(cup):
    attempt = order_held(cup)
    with patch.object(post_payment, "capture", side_effect=Refused(400, "Try again later.")):
        captures.request_capture(attempt.pk, key="k1")
        captures.send_captures(attempt)
    assert attempt.captures.get().progress == Progress.FAILED

    captures.request_capture(attempt.pk, amount=Decimal("24.00"), key="k2")
    captures.send_captures(attempt)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.money_taken) == (State.PAID, Decimal("24.00"))
    assert broken_invariants() == []


@pytest.mark.parametrize("card", [ONE_CAPTURE, MANY_CAPTURES])
def test_shipment_leaves_once_captured_despite_an_earlier_refusal(cup, card):
    attempt = order_held(cup, count=3, card=card)
    line = attempt.order.lines.get().pk
    with (
        patch.object(post_payment, "capture", side_effect=Refused(400, "Try again later.")),
        pytest.raises(DispatchRefused),
    ):
        ship(attempt.order_id, units={line: 1})

    ship(attempt.order_id, units={line: 1})

    attempt.order.refresh_from_db()
    assert attempt.order.status == PART_SHIPPED
    assert broken_invariants() == []


def test_nothing_ships_if_the_gateway_captured_another_amount(cup):
    attempt = order_held(cup)
    with faults.webhooks_held():
        post_payment.capture(attempt.intent_id, {"amount_to_capture": "1000"})

    with pytest.raises(DispatchRefused):
        ship(attempt.order_id)

    attempt.refresh_from_db()
    assert attempt.state == State.REVIEW
    assert stockrecord_of(cup).num_in_stock == 10


def test_due_capture_is_not_sent_for_a_cancelled_order(cup):
    attempt = order_held(cup)
    faults.plan("", "unreachable")
    with pytest.raises(DispatchRefused):
        ship(attempt.order_id)
    faults.plan("unreachable")  # voiding fails at first, too
    move_order(attempt.order_id, CANCELLED)

    reconcile.reconcile_open()

    attempt.refresh_from_db()
    assert (attempt.state, attempt.money_taken) == (State.VOIDED, 0)


def test_expired_authorisation_is_recorded_however_it_is_reported(cup):
    attempt, _intent = begin.begin(make_submission(make_basket((cup, 2))))
    with faults.webhooks_held():
        pay(attempt)
    charge = DemoCharge.objects.get()
    card = charge.body["payment_method_details"]["card"]
    card["capture_before"] = int((timezone.now() + timedelta(days=4)).timestamp())
    charge.save()

    reconcile.reconcile_recent()  # by the list, before the event arrives

    attempt.refresh_from_db()
    assert attempt.state == State.AUTHORISED
    assert attempt.held_until < timezone.now() + timedelta(days=5)
    assert attempt.order.sources.count() == 0 or attempt.order.sources.get().label


def test_last_capture_is_final_even_if_the_remaining_units_are_free(cup):
    attempt = order_held(cup, count=2, card=MANY_CAPTURES)
    line = attempt.order.lines.get()
    line.quantity = 3  # The third is free.
    line.save()

    captures.request_shipment_capture(attempt.pk, {line.pk: 3}, is_final=False, user=None)

    assert attempt.captures.get().is_final


def test_staff_capture_of_an_order_with_a_due_capture_is_no_error(cup, client):
    attempt = order_held(cup)
    PaymentAttempt.objects.update(held_until=timezone.now() + timedelta(days=1))
    captures.request_capture(attempt.pk, key="k")
    client.force_login(make_user("boss@example.com", is_staff=True, is_superuser=True))

    answer = client.post(reverse("attention"), {"kind": "hold", "key": attempt.pk})

    assert answer.status_code == 302
    attempt.refresh_from_db()
    assert attempt.state == State.PAID


@pytest.mark.parametrize("status", ["canceled", "succeeded"])
def test_authorisation_expired_after_a_partial_capture_keeps_the_part_and_holds_the_rest(
    cup, status
):
    attempt = order_held(cup, count=3, card=MANY_CAPTURES)
    ship(attempt.order_id, units={attempt.order.lines.get().pk: 1})
    intent = DemoIntent.objects.get()
    store.change_intent(intent, f"payment_intent.{status}", status=status, amount_capturable=0)

    settle.settle(attempt.intent_id)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.order.status) == (State.PAID, PART_SHIPPED)
    with pytest.raises(DispatchRefused, match="couldn’t be captured"):
        ship(attempt.order_id)
    assert stockrecord_of(cup).num_in_stock == 9
    assert broken_invariants() == []
