"""Simultaneous shipments and returns count each unit once and charge it."""

import threading

import pytest

from checkout_app.payments import reconcile
from checkout_app.payments.captures import shipped_value
from commerce.exceptions import DispatchRefused, ReturnRefused
from commerce.models import OutgoingMail, ReturnRequest, Shipment
from commerce.order_statuses import DELIVERED
from commerce.orders import shipments
from commerce.orders.invariants import broken_invariants
from commerce.orders.pipeline import move_order
from commerce.orders.shipments import cancel_rest, ship, units_sent
from commerce.returns.returns import Received, approve_return, receive_return, request_return
from tests.factories import make_paid_order, make_product, stockrecord_of
from tests.held_orders import MANY_CAPTURES, at_gateway, order_held

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.fixture
def bowl(shop):
    return make_product("Bowl", price="20.00", stock=10)


@pytest.fixture
def held(bowl, settings):
    """Three bowls whose payment is captured per shipment."""
    settings.PAYMENT_CAPTURE = "manual"
    return order_held(bowl, count=3, card=MANY_CAPTURES)


@pytest.fixture
def prepared_together(monkeypatch):
    """Prepare two parcels, one after the other, before either is sent. A call ends this."""
    prepares, turn, both = list(shipments.PREPARATIONS), threading.Lock(), threading.Barrier(2)

    def prepare(order, units, user):
        with turn:
            for function in prepares:
                function(order, units, user)
        both.wait(timeout=30)

    monkeypatch.setattr(shipments, "PREPARATIONS", [prepare])
    return lambda: monkeypatch.setattr(shipments, "PREPARATIONS", prepares)


def stock(product):
    record = stockrecord_of(product)
    return record.num_in_stock, record.num_allocated


def test_submitting_one_form_eight_times_ships_one_parcel(bowl, together):
    order = make_paid_order((bowl, 4))
    line = order.lines.get().pk

    results = together(8, lambda _i: ship(order.pk, units={line: 2}, key="form"))

    assert {result.pk for result in results} == {Shipment.objects.get().pk}
    assert stock(bowl) == (8, 2)
    assert OutgoingMail.objects.filter(key__startswith="order-shipped:").count() == 1
    assert broken_invariants() == []


def test_clerks_who_ship_the_same_units_ship_them_once(bowl, together):
    order = make_paid_order((bowl, 3))
    line = order.lines.get().pk

    results = together(6, lambda i: ship(order.pk, units={line: 2}, key=f"form-{i}"))

    refused = [result for result in results if isinstance(result, DispatchRefused)]
    assert len(refused) == 5, results
    assert stock(bowl) == (8, 1)
    assert broken_invariants() == []


def test_control_without_the_check_under_the_lock_ships_too_much(bowl, together, monkeypatch):
    order = make_paid_order((bowl, 3))
    line = order.lines.get().pk
    monkeypatch.setattr(shipments, "_stock_of", lambda lines, units: {})
    monkeypatch.setattr(shipments, "checked_units", lambda order, units: units)

    together(4, lambda i: ship(order.pk, units={line: 2}, key=f"form-{i}"))

    assert any(sentence.startswith("I9") for sentence in broken_invariants())


def test_two_parcels_at_once_never_ship_more_than_is_captured(held, together, prepared_together):
    order = held.order
    line = order.lines.get().pk

    results = together(2, lambda _i: ship(order.pk, units={line: 1}))

    refused = [result for result in results if isinstance(result, Exception)]
    assert [type(error) for error in refused] == [DispatchRefused], results
    assert units_sent(order) == {line: 1}
    assert broken_invariants() == []

    prepared_together()
    ship(order.pk, units={line: 1})
    cancel_rest(order.pk, reason="broken")
    reconcile.reconcile_open()

    held.refresh_from_db()
    assert held.money_taken == shipped_value(order, {})
    assert at_gateway(held) == ("succeeded", int(held.money_taken * 100), 0)
    assert broken_invariants() == []


def test_control_without_the_check_of_the_capture_ships_what_is_not_charged(
    held, together, prepared_together, monkeypatch
):
    line = held.order.lines.get().pk
    monkeypatch.setattr(shipments, "DISPATCH_CHECKS", [])

    together(2, lambda _i: ship(held.order_id, units={line: 1}))

    assert any(sentence.startswith("I12") for sentence in broken_invariants())


def test_parcels_and_returns_of_one_product_do_not_deadlock(bowl, together):
    jug = make_product("Jug", price="40.00", stock=20)
    orders = [make_paid_order((bowl, 1), (jug, 1)) for _order in range(6)]
    back = []
    for order in orders[:3]:
        ship(order.pk)
        move_order(order.pk, DELIVERED)
        units = dict.fromkeys(order.lines.values_list("pk", flat=True), 1)
        request = request_return(order.pk, units, reason="x")
        approve_return(request.pk, instructions="x", user=None)
        back.append({row.pk: Received(1, restock=True) for row in request.lines.all()})
    requests = list(ReturnRequest.objects.order_by("pk"))

    def work(i):
        if i < 3:
            return receive_return(requests[i].pk, back[i], user=None)
        return ship(orders[i].pk)

    results = together(6, work)

    assert [result for result in results if isinstance(result, Exception)] == []
    assert (stock(bowl), stock(jug)) == ((7, 0), (17, 0))
    assert broken_invariants() == []


def test_one_unit_is_returned_once(bowl, together):
    order = make_paid_order((bowl, 1))
    ship(order.pk)
    line = order.lines.get().pk

    results = together(6, lambda i: request_return(order.pk, {line: 1}, reason="x", key=f"tab-{i}"))

    refused = [result for result in results if isinstance(result, ReturnRefused)]
    assert len(refused) == 5, results
    assert broken_invariants() == []
