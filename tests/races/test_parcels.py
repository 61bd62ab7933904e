"""Simultaneous shipments and returns count each unit once."""

import pytest

from commerce.exceptions import DispatchRefused, ReturnRefused
from commerce.models import OutgoingMail, ReturnRequest, Shipment
from commerce.order_statuses import DELIVERED
from commerce.orders import shipments
from commerce.orders.invariants import broken_invariants
from commerce.orders.pipeline import move_order
from commerce.orders.shipments import ship
from commerce.returns.returns import Received, approve_return, receive_return, request_return
from tests.factories import make_paid_order, make_product, stockrecord_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.fixture
def bowl(shop):
    return make_product("Bowl", price="20.00", stock=10)


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
