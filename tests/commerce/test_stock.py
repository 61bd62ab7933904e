"""Reserving, releasing and shipping stock, which never falls below zero or exceeds what exists."""

import pytest

from commerce.exceptions import OutOfStock
from commerce.orders.reservations import consume_stock, release_stock, reserve_stock
from commerce.stock.availability import availability_of, stock_text, units_available
from tests.factories import make_product, stockrecord_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def cup(db):
    return stockrecord_of(make_product("Espresso cup", price="18.00", stock=10))


@pytest.fixture
def bowl(db):
    return stockrecord_of(make_product("Salt bowl", price="28.00", stock=2))


def counts(record):
    """Units in stock and allocated, read from the database."""
    record.refresh_from_db()
    return record.num_in_stock, record.num_allocated or 0


def test_reserved_units_stay_in_stock(cup):
    reserve_stock({cup.pk: 4})

    assert counts(cup) == (10, 4)
    assert units_available(cup) == 6


def test_shortage_names_each_product_and_reserves_nothing(cup, bowl):
    reserve_stock({bowl.pk: 1})

    with pytest.raises(OutOfStock) as raised:
        reserve_stock({cup.pk: 11, bowl.pk: 2})

    assert [(i.title, i.wanted, i.available) for i in raised.value.items] == [
        ("Espresso cup", 11, 10),
        ("Salt bowl", 2, 1),
    ]
    assert (counts(cup), counts(bowl)) == ((10, 0), (2, 1))


def test_shortage_of_one_product_leaves_the_others_available(cup, bowl):
    with pytest.raises(OutOfStock):
        reserve_stock({cup.pk: 1, bowl.pk: 3})

    assert counts(cup) == (10, 0)


def test_last_unit_is_reserved_once(bowl):
    reserve_stock({bowl.pk: 2})

    with pytest.raises(OutOfStock):
        reserve_stock({bowl.pk: 1})


def test_released_units_can_be_sold_again(cup):
    reserve_stock({cup.pk: 10})

    release_stock({cup.pk: 10})

    assert counts(cup) == (10, 0)
    reserve_stock({cup.pk: 10})


def test_releasing_too_many_units_stops_at_zero(cup):
    reserve_stock({cup.pk: 1})

    release_stock({cup.pk: 5})

    assert counts(cup) == (10, 0)


def test_shipped_units_leave_stock_and_allocation(cup):
    reserve_stock({cup.pk: 3})

    consume_stock({cup.pk: 3})

    assert counts(cup) == (7, 0)


def test_unreserved_units_cannot_ship(cup, bowl):
    reserve_stock({cup.pk: 3})

    with pytest.raises(OutOfStock):
        consume_stock({cup.pk: 3, bowl.pk: 1})

    assert (counts(cup), counts(bowl)) == ((10, 3), (2, 0))


@pytest.mark.parametrize(
    ("stock", "taken", "state", "text"),
    [
        (0, 0, "sold_out", "Sold out"),
        (4, 4, "sold_out", "Sold out"),
        (3, 9, "sold_out", "Sold out"),
        (5, 0, "low", "Only 5 left"),
        (9, 8, "low", "Only 1 left"),
        (6, 0, "in_stock", "6 in stock"),
    ],
)
def test_availability_texts(cup, stock, taken, state, text):
    cup.num_in_stock, cup.num_allocated = stock, taken

    assert (availability_of(cup), stock_text(cup)) == (state, text)


def test_product_without_a_stock_record_is_sold_out():
    assert (availability_of(None), stock_text(None)) == ("sold_out", "Sold out")
