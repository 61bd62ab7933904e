"""Delivery dates: cut-off time, weekends, bank holidays."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from commerce.models import DeliveryMethod
from commerce.pricing.delivery import amount_until_free, arrival_of, delivery_charge
from tests.clock import at_time

LONDON = ZoneInfo("Europe/London")
STANDARD = DeliveryMethod(price=Decimal("4.50"), free_over=Decimal("60"), min_days=2, max_days=3)


@pytest.mark.parametrize(
    ("ordered", "first", "last"),
    [
        ((2026, 11, 17, 11, 59), (2026, 11, 19), (2026, 11, 20)),  # Tuesday before noon
        (
            (2026, 11, 17, 12, 0),
            (2026, 11, 20),
            (2026, 11, 23),
        ),  # Tuesday at noon: dispatched on Wednesday
        # Friday afternoon: dispatched on Monday
        ((2026, 11, 20, 12, 30), (2026, 11, 25), (2026, 11, 26)),
        ((2026, 11, 21, 9, 0), (2026, 11, 25), (2026, 11, 26)),  # Saturday: dispatched on Monday
        (
            (2026, 12, 24, 9, 0),
            (2026, 12, 30),
            (2026, 12, 31),
        ),  # Christmas and the substitute day for Boxing Day
    ],
)
def test_arrival_counts_working_days_from_dispatch(ordered, first, last):
    arrival = at_time(datetime(*ordered, tzinfo=LONDON), arrival_of, STANDARD)

    assert (arrival.first, arrival.last) == (date(*first), date(*last))


def test_arrival_is_formatted_as_a_date():
    arrival = at_time(datetime(2026, 11, 17, 9, tzinfo=LONDON), arrival_of, STANDARD)

    assert str(arrival) == "Thu 19 – Fri 20 November"


@pytest.mark.parametrize(
    ("goods", "charge"), [("59.99", "4.50"), ("60.00", "0.00"), ("90", "0.00")]
)
def test_free_from_the_threshold(goods, charge):
    assert delivery_charge(STANDARD, Decimal(goods)) == Decimal(charge)


def test_amount_until_free(shop):
    assert amount_until_free(Decimal("45.50"), STANDARD) == Decimal("14.50")
    assert amount_until_free(Decimal("60.00"), STANDARD) is None
    assert amount_until_free(Decimal("10.00"), None) is None
