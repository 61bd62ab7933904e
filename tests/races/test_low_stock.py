"""Concurrent buyers who cross a stock threshold cause one alert and one mail."""

import pytest
from oscar.core.loading import get_model

from checkout_app.payments import begin
from commerce.models import OutgoingMail, StockChange
from commerce.orders.invariants import broken_invariants
from tests.factories import make_basket, make_product, make_submission

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def test_eight_buyers_open_one_alert_and_all_appear_in_the_history(shop, together, settings):
    settings.STAFF_EMAIL = "studio@example.com"
    cup = make_product("Cup", price="18.00", stock=10)
    cup.stockrecords.update(low_stock_threshold=9)
    queue = [make_submission(make_basket((cup, 1))) for _buyer in range(8)]

    results = together(8, lambda i: begin.begin(queue[i]))

    assert [result for result in results if isinstance(result, Exception)] == []
    assert get_model("partner", "StockAlert").objects.count() == 1
    assert OutgoingMail.objects.filter(key__startswith="low-stock:").count() == 1
    rows = StockChange.objects.filter(kind="reserved")
    assert [row.allocated_after for row in rows] == list(range(1, 9))
    assert broken_invariants() == []
