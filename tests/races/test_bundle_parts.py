"""Buyers of a bundle and of its parts: no unit is sold twice, and no lock order deadlocks."""

import pytest
from oscar.core.loading import get_model

from checkout_app.payments import begin, placement
from commerce.exceptions import OutOfStock
from commerce.index.bundles import update_bundles
from commerce.models import BundlePart
from commerce.orders.invariants import broken_invariants
from tests.factories import make_basket, make_product, make_submission, stockrecord_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.fixture
def cup(shop):
    return make_product("Cup", price="18.00", stock=6)


@pytest.fixture
def pot(shop):
    return make_product("Pot", price="60.00", stock=50)


@pytest.fixture
def tea_set(cup, pot):
    """Two cups and a pot for £75."""
    product = make_product("Tea set", price="75.00", stock=0)
    BundlePart.objects.create(bundle=product, part=cup, quantity=2)
    BundlePart.objects.create(bundle=product, part=pot, quantity=1)
    update_bundles([product.pk])
    return product


def allocated(*products):
    return [stockrecord_of(product).num_allocated or 0 for product in products]


def test_parts_are_not_sold_twice(tea_set, cup, pot, together):
    wanted = [tea_set, cup] * 8
    queue = [make_submission(make_basket((product, 1))) for product in wanted]

    results = together(16, lambda i: begin.begin(queue[i]))

    bought = [wanted[i] for i, result in enumerate(results) if isinstance(result, tuple)]
    assert {type(result) for result in results} == {tuple, OutOfStock}
    sets, cups = bought.count(tea_set), bought.count(cup)
    assert allocated(cup, pot) == [2 * sets + cups, sets]
    assert 5 <= 2 * sets + cups <= 6
    assert broken_invariants() == []


def test_sets_and_parts_in_opposite_order_do_not_deadlock(tea_set, cup, pot, together, monkeypatch):
    get_model("partner", "StockRecord").objects.update(num_in_stock=200)
    monkeypatch.setattr(begin, "place_order", placement.place_order.__wrapped__)
    orders = [((tea_set, 1), (cup, 1)), ((pot, 1), (tea_set, 1)), ((cup, 1), (pot, 1))]
    queue = [make_submission(make_basket(*orders[i % 3])) for i in range(12)]

    results = together(12, lambda i: begin.begin(queue[i]))

    assert [result for result in results if isinstance(result, Exception)] == []
    assert allocated(cup, pot) == [24, 16]
    assert broken_invariants() == []


def test_control_without_the_condition_parts_are_sold_twice(
    tea_set, cup, together, stock_unguarded
):
    queue = [make_submission(make_basket((tea_set, 1))) for _buyer in range(8)]

    together(8, lambda i: begin.begin(queue[i]))

    assert allocated(cup) == [16]
    assert any(line.startswith("I2") for line in broken_invariants())
