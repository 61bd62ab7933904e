"""Baskets with the same products in opposite order do not deadlock."""

import pytest
from django.db import OperationalError, connection
from oscar.core.loading import get_model

from checkout_app.models import PaymentAttempt
from checkout_app.payments import begin, placement
from commerce.orders import reservations
from commerce.orders.invariants import broken_invariants
from tests.factories import make_basket, make_product, make_submission, stockrecord_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

#: The transaction helper without its retry, which would hide every deadlock from these tests.
place_once = placement.place_order.__wrapped__
#: Errors that the loser of a deadlock gets: MariaDB's, or SQLite's when a reader wants to write.
LOST = {"mysql": 1213, "sqlite": "database is locked"}


@pytest.fixture
def pieces(shop):
    """A cup and a bowl, fifty of each."""
    return [make_product(title, price="18.00", stock=50) for title in ("Cup", "Bowl")]


def opposite(pieces, count):
    """One submission for each of ``count`` buyers of both products, half of them in reverse order."""
    one, two = pieces
    lines = [((one, 1), (two, 1)), ((two, 1), (one, 1))]
    return [make_submission(make_basket(*lines[buyer % 2])) for buyer in range(count)]


def allocated(pieces):
    return [stockrecord_of(piece).num_allocated for piece in pieces]


@pytest.fixture
def no_lock_order(monkeypatch, meet):
    """Lock stock in basket order, so that each buyer holds what the other needs."""

    def lock_as_they_come(stockrecord_ids):
        records = get_model("partner", "StockRecord").objects.select_for_update()
        locked = {}
        for pk in stockrecord_ids:
            locked[pk] = records.get(pk=pk)
            meet()
        return locked

    monkeypatch.setattr(reservations, "lock_stock", lock_as_they_come)


def test_baskets_in_opposite_order_do_not_fail(pieces, together, monkeypatch):
    monkeypatch.setattr(begin, "place_order", place_once)
    queue = opposite(pieces, 12)

    results = together(12, lambda i: begin.begin(queue[i]))

    assert [result for result in results if isinstance(result, Exception)] == []
    assert allocated(pieces) == [12, 12]
    assert broken_invariants() == []


def test_control_without_the_lock_order_one_of_two_fails(pieces, together, no_lock_order):
    queue = opposite(pieces, 2)

    results = together(2, lambda i: place_once(queue[i]))

    lost = [result for result in results if isinstance(result, OperationalError)]
    assert [error.args[0] for error in lost] == [LOST[connection.vendor]], results
    assert PaymentAttempt.objects.count() == 1
    assert allocated(pieces) == [1, 1]


def test_loser_is_retried_and_gets_its_order(pieces, together, no_lock_order):
    queue = opposite(pieces, 2)

    results = together(2, lambda i: begin.begin(queue[i]))

    assert [result for result in results if isinstance(result, Exception)] == []
    assert allocated(pieces) == [2, 2]
    assert broken_invariants() == []
